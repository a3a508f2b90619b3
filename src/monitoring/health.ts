export type HealthStatus = 'ok' | 'degraded' | 'failing';

export interface HealthCheck {
  readonly name: string;
  readonly status: HealthStatus;
  /** In words, for a person. */
  readonly message: string;
}

export interface Health {
  readonly status: HealthStatus;
  readonly checks: readonly HealthCheck[];
}

/** A look at one part of the daemon. It answers quickly and never throws for a part that is ill. */
export type HealthProbe = () => HealthCheck | Promise<HealthCheck>;

const RANK: Record<HealthStatus, number> = { ok: 0, degraded: 1, failing: 2 };

/** Asks every probe; the whole is as ill as its worst part. A probe that throws is failing itself. */
export async function checkHealth(probes: ReadonlyMap<string, HealthProbe>): Promise<Health> {
  const checks = await Promise.all([...probes].map(([name, probe]) => ask(name, probe)));
  const worst = checks.reduce<HealthStatus>(
    (status, check) => (RANK[check.status] > RANK[status] ? check.status : status),
    'ok',
  );
  return { status: worst, checks };
}

async function ask(name: string, probe: HealthProbe): Promise<HealthCheck> {
  try {
    return await probe();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, status: 'failing', message };
  }
}
