/** Templates as the balancer is given them. Types only; proxy/ may import this file. */
import type { VariableFamily } from './access-log-variables.ts';
import type { TemplateVariable } from './template-variables.ts';

export type { VariableFamily } from './access-log-variables.ts';
export type { TemplateVariable } from './template-variables.ts';

/** A piece of a template. */
export type TemplatePart =
  | { readonly text: string }
  | { readonly variable: TemplateVariable }
  /** `$http_user_agent` is the name `user_agent` of the family `http_`. */
  | { readonly family: VariableFamily; readonly name: string }
  /** `$1` to `$9`: what a group of a regular expression matched. */
  | { readonly capture: number };

/** Text with variables in it. */
export type Template = readonly TemplatePart[];
