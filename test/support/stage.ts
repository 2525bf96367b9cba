import { type Part, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { type Scene, sceneOf } from './story.ts';

/** What a file's tests play on: a small cloud of their own, and the project beside it. `end` takes all of it away. */

export type Stage = { readonly stack: Stack; readonly scene: Scene; end(): Promise<void> };

/** These parts run, people type into Slack, and each backup that kolla-ansible starts is counted. */
export function slackStage(...parts: readonly ('bot' | 'worker')[]): Promise<Stage> {
  return staged(async (stage) => {
    for (const part of parts) await stage.stack.start(part);
    await stage.scene.install();
    return stage;
  });
}

export type WorkerStage = Stage & { readonly worker: Part; readonly wake: ReturnType<typeof redisWake> };

/** A worker runs; people and bot are the test, which writes into the journals and wakes the worker. */
export function workerStage(): Promise<WorkerStage> {
  return staged(async (stage) => {
    const wake = redisWake(stage.scene.redis);
    const end = async () => {
      await wake.close();
      await stage.end();
    };
    return { ...stage, wake, end, worker: await stage.stack.start('worker') };
  });
}

/** What can't be set up is taken away again. */
async function staged<S extends Stage>(setUp: (stage: Stage) => Promise<S>): Promise<S> {
  const stack = await startStack();
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
