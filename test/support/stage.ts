import { afterEach } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import type { MiniCloud } from '../../lab/mini/cloud.ts';
import { type Part, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { type Scene, sceneOf } from './story.ts';

/** What a file's tests play on: a cloud, and the project beside it. `end` takes all of it away. */

export type Stage<C extends Cloud = MiniCloud> = {
  readonly stack: Stack<C>;
  readonly scene: Scene;
  end(): Promise<void>;
};

/** These parts run, people type into Slack, and each backup that kolla-ansible starts is counted. */
export function slackStage(...parts: readonly ('bot' | 'worker')[]): Promise<Stage> {
  return staged(startStack, async (stage) => {
    for (const part of parts) await stage.stack.start(part);
    await stage.scene.install();
    return stage;
  });
}

export type WorkerStage<C extends Cloud = MiniCloud> = Stage<C> & {
  readonly worker: Part;
  readonly wake: ReturnType<typeof redisWake>;
};

/** A worker runs; people and bot are the test, which writes into the journals and wakes the worker. */
export function workerStage(): Promise<WorkerStage>;
export function workerStage<C extends Cloud>(start: () => Promise<Stack<C>>): Promise<WorkerStage<C>>;
export function workerStage(start: () => Promise<Stack<Cloud>> = startStack): Promise<WorkerStage<Cloud>> {
  return staged(start, async (stage) => {
    const wake = redisWake(stage.scene.redis);
    const end = async () => {
      await wake.close();
      await stage.end();
    };
    return { ...stage, wake, end, worker: await stage.stack.start('worker') };
  });
}

const SHOWN_CHARS = 20_000;

/** A test that fails shows the end of this log. */
export function showWhenFailed(log: () => Promise<string>): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log((await log()).slice(-SHOWN_CHARS));
  });
}

/** What can't be set up is taken away again. */
async function staged<C extends Cloud, S extends Stage<C>>(
  start: () => Promise<Stack<C>>,
  setUp: (stage: Stage<C>) => Promise<S>,
): Promise<S> {
  const stack = await start();
  const scene = sceneOf(stack);
  const end = async () => {
    scene.end();
    await stack.stop();
  };
  return setUp({ stack, scene, end }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
}
