import { diagnose, observe, reportText, type Style } from '@everynode/doctor';
import { checkoutState } from './checkout.js';

export interface DoctorFlags {
  kubeconfig?: string;
  output: 'text' | 'json';
}

const paint = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const plain = (text: string) => text;

function style(): Style {
  const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const of = (code: number) => (coloured ? paint(code) : plain);
  return { bold: of(1), dim: of(2), red: of(31), yellow: of(33), green: of(32) };
}

/**
 * Prints what is wrong with a cluster: the one of this checkout, or that of a kubeconfig. Returns the exit code: 0 when
 * nothing fails.
 */
export async function examineCluster({ kubeconfig, output }: DoctorFlags): Promise<number> {
  const paths = kubeconfig === undefined ? checkoutState() : undefined;
  const seen = await observe({ paths, kubeconfig, env: process.env });
  const findings = diagnose(seen);
  const text =
    output === 'json' ? JSON.stringify({ findings, observations: seen }, null, 2) : reportText(findings, seen, style());
  process.stdout.write(`${text}\n`);
  return findings.some(({ severity }) => severity === 'failure') ? 1 : 0;
}
