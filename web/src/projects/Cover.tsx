// The picture that a project is known by, fetched when its row is in sight and it is its turn; until then, and where there is
// none, the first letters of its name.
import { memo, useEffect, useRef, useState } from "react";
import { fileAddress } from "../parts/names.ts";
import classes from "./projects.module.css";
import { Slots } from "./slots.ts";

const slots = new Slots(2);
/** Rows that are scrolled past ask for nothing. */
const REST = 120;

interface Props {
  /** `projects/P`. */
  project: string;
  name: string;
  /** Another one when the picture may be another. */
  version: string;
}

export const Cover = memo(function Cover({ project, name, version }: Props) {
  const [address, setAddress] = useState<string>();
  const [shown, setShown] = useState(false);
  const end = useRef(() => {});
  const answered = useRef("");
  useEffect(() => {
    if (answered.current === version) return; // the list was seen before
    const timer = setTimeout(() => {
      end.current = slots.take(() =>
        setAddress(fileAddress(project, `thumbnail=96&at=${encodeURIComponent(version)}`)),
      );
    }, REST);
    return () => {
      clearTimeout(timer);
      end.current();
    };
  }, [project, version]);
  return (
    <span className={classes.cover} aria-hidden>
      {shown ? null : initials(name)}
      {address ? (
        <img
          src={address}
          alt=""
          decoding="async"
          data-shown={shown || undefined}
          onLoad={() => {
            answered.current = version;
            setShown(true);
            end.current();
          }}
          onError={() => {
            answered.current = version;
            setAddress(undefined);
            setShown(false);
            end.current();
          }}
        />
      ) : null}
    </span>
  );
});

function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "")].slice(0, 2);
  return letters.join("").toUpperCase();
}
