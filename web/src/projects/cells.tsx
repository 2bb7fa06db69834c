// What one project's row says, piece by piece. Rows are made by the dozen while somebody scrolls or types: plain elements, and no
// more of them than are seen.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { IconHandStop } from "@tabler/icons-react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Gate } from "../api/winslow/v1/run_pb.ts";
import { idOf } from "../parts/names.ts";
import { PROJECT_MARKS } from "../parts/StateMark.tsx";
import { useNow } from "../parts/useNow.ts";
import { ago, moment } from "../parts/words.ts";
import { Cover } from "./Cover.tsx";
import { pipelineOf } from "./matching.ts";
import classes from "./projects.module.css";
import { RowLink } from "./RowLink.tsx";
import { Since, Soon } from "./times.tsx";
import { gateAddress, longestGate, waitsFor } from "./waiting.ts";

export function CoverCell({ project }: { project: Project }) {
  // What stages publish may be what it is known by: looked at anew when something has happened.
  const version = String(project.activityTime?.seconds ?? 0n);
  return <Cover key={project.name} project={project.name} name={project.displayName} version={version} />;
}

interface Named {
  project: Project;
  onTag: (tag: string) => void;
}

const TAGS = 3;

export function NameCell({ project, onTag }: Named) {
  const { tags } = project;
  return (
    <>
      <span className={classes.line}>
        <RowLink to={`/projects/${encodeURIComponent(idOf(project.name))}`}>
          {project.displayName || idOf(project.name)}
        </RowLink>
        {tags.slice(0, TAGS).map((tag) => (
          <button
            key={tag}
            type="button"
            className={classes.tag}
            tabIndex={-1}
            title={`Only those tagged ${tag}`}
            onClick={() => onTag(tag)}
          >
            {tag}
          </button>
        ))}
        {tags.length > TAGS ? (
          <span className={classes.small} title={tags.slice(TAGS).join(", ")}>
            +{tags.length - TAGS}
          </span>
        ) : null}
      </span>
      <Reason project={project} />
    </>
  );
}

/** Why it is in its state; what a gate waits for has a place of its own. */
function Reason({ project }: { project: Project }) {
  const gate = project.gates.length > 0;
  const why = project.deleting ? "Is being deleted with all that belongs to it" : gate ? "" : project.reason?.text;
  const text = why || project.description;
  if (!text) return null;
  return (
    <div className={classes.reason} title={text}>
      {text}
    </div>
  );
}

export function StateCell({ project }: { project: Project }) {
  const { word, shape: Shape, colour } = PROJECT_MARKS[project.state];
  return (
    <span className={classes.line}>
      <Shape
        size={16}
        aria-hidden
        style={{ flex: "none", color: `var(--mantine-color-${colour}-text, var(--mantine-color-${colour}))` }}
      />
      <span className={classes.word}>{word}</span>
    </span>
  );
}

export function WaitsCell({ project }: { project: Project }) {
  const gate = longestGate(project);
  if (!gate) return null;
  return (
    <>
      <GateLink project={project} gate={gate} />
      <div className={classes.reason}>
        <Since time={gate.since} />
      </div>
    </>
  );
}

function GateLink({ project, gate }: { project: Project; gate: Gate }) {
  const { project: id, run, definition } = gateAddress(project, gate);
  const [to, said] = [[id, run, definition].map(encodeURIComponent), waitsFor(project, gate)];
  return (
    <span className={classes.line}>
      <IconHandStop size={14} aria-hidden style={{ flex: "none", color: "var(--mantine-color-orange-text)" }} />
      <RowLink
        to={`/projects/${to[0]}/runs/${to[1]}/gates/${to[2]}`}
        title={gate.reason?.text ? `${said}: ${gate.reason.text}` : said}
        light
      >
        {said}
      </RowLink>
    </span>
  );
}

export function ProgressCell({ project }: { project: Project }) {
  if (project.progress === undefined) return null;
  const percent = Math.round(100 * project.progress);
  return (
    <>
      <span className={classes.apart}>
        <span className={classes.small}>{percent} %</span>
        <Soon time={project.estimatedEndTime} />
      </span>
      <div className={classes.bar} role="progressbar" aria-valuenow={percent} aria-label="Progress">
        <span style={{ width: `${percent}%` }} />
      </div>
    </>
  );
}

export const PipelineCell = ({ project }: { project: Project }) => (
  <span className={classes.word} title={project.source ? undefined : "It has a pipeline of its own"}>
    {pipelineOf(project) || "—"}
  </span>
);

export const AuthorCell = ({ project }: { project: Project }) => <span className={classes.word}>{project.author}</span>;

export function ChangeCell({ project: { activityTime: time } }: { project: Project }) {
  const now = useNow();
  if (!time) return null;
  return (
    <time className={classes.word} dateTime={timestampDate(time).toISOString()} title={moment(time)}>
      {ago(time, now)}
    </time>
  );
}

/** All of it in one, for windows of a phone's width. */
export function Card({ project, onTag }: Named) {
  const gate = longestGate(project);
  return (
    <div className={classes.card}>
      <CoverCell project={project} />
      <div style={{ minWidth: 0 }}>
        <NameCell project={project} onTag={onTag} />
        <span className={classes.apart}>
          {gate ? <GateLink project={project} gate={gate} /> : <StateCell project={project} />}
          <ChangeCell project={project} />
        </span>
        <ProgressCell project={project} />
      </div>
    </div>
  );
}
