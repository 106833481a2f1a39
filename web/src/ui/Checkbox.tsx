import type { ReactNode } from "react";
import { Checkbox as AriaCheckbox, type CheckboxProps, Radio, RadioGroup } from "react-aria-components";
import { Icon } from "./Icon.tsx";

export function Checkbox({ children, ...rest }: Omit<CheckboxProps, "children" | "className"> & { children: ReactNode }) {
  return (
    <AriaCheckbox {...rest} className="checkbox">
      <span className="checkbox-box" aria-hidden="true">
        <Icon name="check" size={16} />
      </span>
      <span>{children}</span>
    </AriaCheckbox>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  onPick(value: T): void;
  options: readonly { id: T; text: string; help?: string }[];
}

/** One of two or three ways, all in sight. */
export function Choice<T extends string>({ label, value, onPick, options }: ChoiceProps<T>) {
  return (
    <RadioGroup className="radios" aria-label={label} value={value} onChange={(v) => onPick(v as T)}>
      {options.map((o) => (
        <Radio key={o.id} value={o.id} className="radio">
          <span className="radio-dot" aria-hidden="true" />
          <span>
            <strong>{o.text}</strong>
            {o.help && <span className="quiet">{o.help}</span>}
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}
