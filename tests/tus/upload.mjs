// Uploads FILE with tus-js-client as its readers would write it: `node upload.mjs ENDPOINT FILE OPTIONS` (JSON).
// OPTIONS: path, store (where it remembers uploads), cutAt (bytes after which it is gone), parallel, deferred, chunk, host
// (of another node that goes on). It says in one line of JSON what became of it.
import fs from "node:fs";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const [endpoint, file, given] = process.argv.slice(2);
const options = JSON.parse(given);
// Of a stream without a path nobody knows how long it is.
const source = options.deferred ? fs.createReadStream(file).pipe(new PassThrough()) : fs.createReadStream(file);
const offsets = [];

function end(outcome) {
  console.log(JSON.stringify({ offsets, ...outcome }));
  process.exit(outcome.error ? 1 : 0);
}

const upload = new tus.Upload(source, {
  endpoint,
  metadata: { path: options.path, filename: "clip.mp4", filetype: "video/mp4" },
  chunkSize: options.chunk ?? Number.POSITIVE_INFINITY,
  parallelUploads: options.parallel ?? 1,
  uploadLengthDeferred: options.deferred ?? false,
  retryDelays: [0, 200, 500, 1000],
  urlStorage: new tus.FileUrlStorage(options.store),
  removeFingerprintOnSuccess: true,
  onError: (error) => end({ error: String(error) }),
  onSuccess: () => end({ url: upload.url }),
  onAfterResponse: (request, response) => {
    if (request.getMethod() === "HEAD") offsets.push(Number(response.getHeader("Upload-Offset")));
  },
  onProgress: (sent) => {
    // Gone without a word, as when the machine loses its power: nothing is aborted in order.
    if (options.cutAt && sent >= options.cutAt) end({ cut: true, sent });
  },
});

const previous = await upload.findPreviousUploads();
if (previous.length) {
  const [known] = previous;
  if (options.host && known.uploadUrl) known.uploadUrl = known.uploadUrl.replace(/^https?:\/\/[^/]+/, options.host);
  if (options.host && known.parallelUploadUrls) {
    known.parallelUploadUrls = known.parallelUploadUrls.map((url) => url.replace(/^https?:\/\/[^/]+/, options.host));
  }
  upload.resumeFromPreviousUpload(known);
}
upload.start();
