import { useLingui } from "@lingui/react";
import type { FormEvent, ReactNode } from "react";
import {
  Button as AriaButton,
  type ButtonProps,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  type SelectProps,
  SelectValue,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps,
} from "react-aria-components";
import { Icon, type IconName } from "./Icon.tsx";

type Look = "primary" | "secondary" | "quiet" | "answer" | "end";

interface OwnButtonProps extends Omit<ButtonProps, "children" | "className" | "isPending"> {
  /** At work: it keeps the focus, says so, and takes no second press. */
  isPending?: boolean;
  look?: Look;
  icon?: IconName;
  /** The key that does the same. */
  hint?: string;
  children: ReactNode;
  className?: string;
}

export function Button({ look = "primary", icon, hint, children, className = "", isPending = false, ...rest }: OwnButtonProps) {
  // React Aria's own isPending speaks through innerHTML, which Trusted Types refuse.
  const waiting = isPending ? ({ onPress: undefined, type: "button", "aria-disabled": true } as const) : {};
  return (
    <AriaButton
      {...rest}
      {...waiting}
      data-pending={isPending || undefined}
      aria-keyshortcuts={hint}
      className={`button button-${look} ${className}`}
    >
      {icon && <Icon name={icon} />}
      <span className="button-text">{children}</span>
      {hint && (
        <kbd className="hint" aria-hidden="true">
          {hint.toUpperCase()}
        </kbd>
      )}
    </AriaButton>
  );
}

interface FieldProps extends Omit<TextFieldProps, "children"> {
  label: string;
  help?: string;
  error?: string;
  placeholder?: string;
}

/** An error goes while one types: when it went on leaving the field, it would move the button that is being pressed. */
function lookAgain(e: FormEvent<HTMLInputElement | HTMLTextAreaElement>): void {
  if (e.currentTarget.getAttribute("aria-invalid")) e.currentTarget.dispatchEvent(new Event("change"));
}

/** A text field with its label, help and error. */
export function TextField({ label, help, error, placeholder, className = "", ...rest }: FieldProps & { className?: string }) {
  return (
    <AriaTextField {...rest} isInvalid={Boolean(error) || rest.isInvalid} className={`field ${className}`}>
      <FieldLabel required={rest.isRequired}>{label}</FieldLabel>
      <Input placeholder={placeholder} onInput={lookAgain} />
      {help && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

export function TextArea({ label, help, error, rows = 4, className = "", ...rest }: FieldProps & { rows?: number; className?: string }) {
  return (
    <AriaTextField {...rest} isInvalid={Boolean(error) || rest.isInvalid} className={`field ${className}`}>
      <FieldLabel required={rest.isRequired}>{label}</FieldLabel>
      <AriaTextArea rows={rows} onInput={lookAgain} />
      {help && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

function FieldLabel({ children, required }: { children: ReactNode; required?: boolean }) {
  return (
    <Label>
      {children}
      {required && (
        <span aria-hidden="true" className="required">
          {" *"}
        </span>
      )}
    </Label>
  );
}

export interface Option {
  id: string;
  text: string;
}

interface OwnSelectProps extends Omit<SelectProps<Option>, "children" | "onSelectionChange" | "selectedKey" | "value" | "onChange"> {
  label: string;
  options: readonly Option[];
  value: string;
  onPick(id: string): void;
  help?: string;
  className?: string;
}

/** One of a few; `""` among the options means all or none. */
export function Select({ label, options, value, onPick, help, className = "", ...rest }: OwnSelectProps) {
  const { i18n } = useLingui();
  return (
    <AriaSelect
      {...rest}
      className={`field ${className}`}
      placeholder={i18n._("Choose")}
      selectedKey={value === "" && !options.some((o) => o.id === "") ? null : `k${value}`}
      onSelectionChange={(key) => onPick(String(key ?? "k").slice(1))}
    >
      <FieldLabel required={rest.isRequired}>{label}</FieldLabel>
      <AriaButton className="select-button">
        <SelectValue />
        <Icon name="down" size={16} />
      </AriaButton>
      {help && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <Popover className="popover">
        <ListBox className="list-box" items={options.map((o) => ({ ...o, id: `k${o.id}` }))}>
          {(o) => <ListBoxItem textValue={o.text}>{o.text}</ListBoxItem>}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
