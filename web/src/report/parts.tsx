// Small parts that every section is made of.
import type { ReactNode } from "react";
import { Paper, Title } from "@mantine/core";
import type { Message } from "../data/report";
import { useSpeech } from "./speech";

export interface SectionProps {
  id: string;
  heading: string;
  /** The finding, as a sentence. */
  title: string;
  /** What it rests on: sample size and as-of day. */
  sample?: string;
  children?: ReactNode;
}

export function Section({ id, heading, title, sample, children }: SectionProps) {
  return (
    <Paper component="section" id={id} className="section" withBorder aria-labelledby={`${id}-heading`}>
      <p className="eyebrow" id={`${id}-heading`}>{heading}</p>
      <Title order={2} className="finding">
        {title}
      </Title>
      {sample === undefined ? null : <p className="sample">{sample}</p>}
      {children}
    </Paper>
  );
}

/** A table that opens under its chart. */
export function Disclosure({ label, open = false, children }: { label: string; open?: boolean; children: ReactNode }) {
  return (
    <details className="disclosure" open={open}>
      <summary>{label}</summary>
      <div className="disclosed">{children}</div>
    </details>
  );
}

export function Figures({ items }: { items: readonly { label: string; value: string; hint?: string }[] }) {
  return (
    <dl className="figures">
      {items.map(({ label, value, hint }) => (
        <div key={label} className="card">
          <dt>{label}</dt>
          <dd>
            {value}
            {hint === undefined ? null : <span className="hint">{hint}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Warnings({ messages }: { messages: readonly Message[] }) {
  const { say } = useSpeech();
  if (messages.length === 0) return null;
  return (
    <ul className="warnings">
      {messages.map((message, index) => (
        <li key={`${message.key}-${index}`}>{say(message)}</li>
      ))}
    </ul>
  );
}

export function Swatches({ items }: { items: readonly { className: string; label: string }[] }) {
  return (
    <ul className="swatches">
      {items.map(({ className, label }) => (
        <li key={label}>
          <span className={`swatch ${className}`} aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  );
}

export function Empty({ text }: { text: string }) {
  return <p className="nothing">{text}</p>;
}
