import { DEPLOY, type Plan, type Program, type Step } from '../../operation/plan.ts';

/** Commands for eyes; nothing runs what is shown here. */

/** One argument as one would type it. */
function displayed(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** A program's argv in one line; a text that the plan holds once stands there by its name. */
export function commandLine({ argv }: Program): string {
  return argv.map((part) => (typeof part === 'string' ? displayed(part) : `<${part.source}>`)).join(' ');
}

/** The steps of a plan that run kolla-ansible. */
export function kollaSteps({ steps }: Plan): readonly (Step & { readonly program: Program })[] {
  return steps.flatMap((step) =>
    step.host === DEPLOY && step.program !== null ? [{ ...step, program: step.program }] : [],
  );
}
