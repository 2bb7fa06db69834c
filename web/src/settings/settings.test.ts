import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { RetentionPolicySchema } from "../api/winslow/v1/retention_pb.ts";
import { LimitsSchema } from "../api/winslow/v1/settings_pb.ts";
import { Occasion, SubscriptionSchema } from "../api/winslow/v1/subscription_pb.ts";
import { differences, environmentOf, faultOf, rowsOf, same } from "./environment.ts";
import {
  changedFields as changedLimits,
  draftOf as limitsDraft,
  inWords as limitsInWords,
  isSame as sameLimits,
} from "./limits.ts";
import {
  changesOf,
  type Draft,
  FRESH,
  faultsOf,
  newSecret,
  draftOf as subscriptionDraft,
  subscriptionOf,
} from "./notifications/occasions.ts";
import { changedFields as changedRules, draftOf, inWords, isSame, policyOf } from "./retention.ts";

describe("variables", () => {
  test("are rows by name, and come back as they were", () => {
    const environment = { B: "2", A: "1" };
    expect(rowsOf(environment).map(({ name }) => name)).toEqual(["A", "B"]);
    expect(same(environmentOf(rowsOf(environment)), environment)).toBe(true);
  });

  test.each([
    ["1A", "x"],
    ["A B", "x"],
    ["", "x"],
    ["A", "twice"],
  ])("called %j are refused", (name, value) => {
    const rows = [
      { id: 0, name: "A", value: "1" },
      { id: 1, name, value },
    ];
    expect(faultOf(rows[1] as (typeof rows)[0], rows)).toBeDefined();
  });
});

describe("limits", () => {
  test("are the same whatever order their own numbers are in", () => {
    const one = limitsDraft(create(LimitsSchema, { perUser: 2, users: { ann: 1, bob: 3 } }));
    expect(sameLimits(one, { ...one, users: { bob: 3, ann: 1 } })).toBe(true);
    expect(sameLimits(one, { ...one, users: { bob: 3 } })).toBe(false);
  });

  test("are said in words", () => {
    expect(limitsInWords(create(LimitsSchema, { perUser: 2 }))).toBe(
      "each user at most 2, each project as many as fit",
    );
  });
});

describe("a policy", () => {
  const policy = create(RetentionPolicySchema, { keepFailed: true, maxAge: { seconds: 172_800n, nanos: 0 } });

  test("comes back as it was, in days", () => {
    const draft = draftOf(policy);
    expect(draft).toEqual({ keepSucceeded: undefined, keepFailed: true, maxAge: 2, dropDiscardable: false });
    expect(isSame(draftOf(create(RetentionPolicySchema, policyOf(draft))), draft)).toBe(true);
  });

  test("that keeps none of those that succeeded is another than one that keeps all", () => {
    const none = { ...draftOf(policy), keepSucceeded: 0 };
    expect(create(RetentionPolicySchema, policyOf(none)).keepSucceeded).toBe(0);
    expect(isSame(none, draftOf(policy))).toBe(false);
  });

  test("is said in words", () => {
    expect(inWords(draftOf(policy))).toBe("those older than 2 days go");
    expect(inWords({ ...draftOf(policy), maxAge: undefined })).toBe("everything is kept");
  });
});

describe("a subscription", () => {
  const draft = (part: Partial<Draft>): Draft => ({ ...FRESH, ...part });

  test.each(["https://r.example/hook?key=1", "http://10.0.0.7:8080/x"])("may be told at %s", (url) => {
    expect(faultsOf(draft({ url }))).toEqual({});
  });

  test.each(["", "r.example", "ftp://r/x", "javascript:alert(1)", "https://ann:secret@r/", "https://r/#x"])(
    "cannot be told at %j",
    (url) => {
      expect(faultsOf(draft({ url })).url).toBeDefined();
    },
  );

  test.each(["", "ann", "ann@x, bob@y", "Ann <ann@x>", "ann@x\nbcc: y@z"])("cannot be mailed at %j", (email) => {
    expect(faultsOf(draft({ place: "email", email })).email).toBeDefined();
  });

  test("has a secret that is long enough, or none, and an occasion", () => {
    const url = "https://r/";
    expect(faultsOf(draft({ url, secret: "short" })).secret).toBeDefined();
    expect(faultsOf(draft({ url, secret: newSecret() }))).toEqual({});
    expect(faultsOf(draft({ url, occasions: [] })).occasions).toBeDefined();
  });

  test("that mails takes neither the URL nor the secret that were written before", () => {
    const wanted = subscriptionOf(draft({ place: "email", url: "https://r/", secret: newSecret(), email: " ann@x " }));
    expect(wanted).toEqual({
      email: "ann@x",
      occasions: [Occasion.AWAITING_INPUT, Occasion.FAILED],
      project: "",
      tags: [],
    });
  });
});

describe("a subscription that is changed", () => {
  const before = create(SubscriptionSchema, {
    name: "subscriptions/s",
    url: "https://r/hook",
    signed: true,
    occasions: [Occasion.FAILED],
    tags: ["night"],
  });
  const changed = (part: Partial<Draft>) => changesOf(before, { ...subscriptionDraft(before), ...part });

  test("begins as it is, and says nothing where nothing was changed", () => {
    expect(changed({}).paths).toEqual([]);
    expect(faultsOf(subscriptionDraft(before))).toEqual({});
  });

  test("keeps its secret unless another is written, or it is to go", () => {
    expect(changed({ occasions: [Occasion.FAILED, Occasion.SUCCEEDED] }).paths).toEqual(["occasions"]);
    expect(changed({ secret: "0123456789abcdef" })).toMatchObject({
      paths: ["secret"],
      subscription: { secret: "0123456789abcdef" },
    });
    expect(changed({ unsigned: true })).toMatchObject({ paths: ["secret"], subscription: { secret: "" } });
  });

  test("that mails from now on leaves its URL and its secret behind", () => {
    const { subscription, paths } = changed({ place: "email", email: " ann@x " });
    expect(paths).toEqual(["url", "email", "secret"]);
    expect(subscription).toMatchObject({ name: "subscriptions/s", url: "", email: "ann@x", secret: "" });
  });
});

test("only what was changed is written, so that what others change meanwhile stays", () => {
  expect(differences({ A: "1", B: "2" }, { A: "1", C: "3" })).toEqual({ set: { C: "3" }, unset: ["B"] });
  const limits = limitsDraft(create(LimitsSchema, { perUser: 2, users: { ann: 1 } }));
  expect(changedLimits(limits, { ...limits, users: { ann: 2 } })).toEqual(["users"]);
  const policy = draftOf(create(RetentionPolicySchema, { keepFailed: true }));
  expect(changedRules(policy, { ...policy, maxAge: 3, keepFailed: false })).toEqual(["keep_failed", "max_age"]);
});
