"""Fine-tuning: a pretrained network gets a new head, which is trained alone, and then with the body, each part slower.

`engine.pipeline.run.finetune` is the whole of it. Its parts, in the order in which they are used: `settings`, `archs`,
`images`, `network` (of `weights`, `surgery`, `heads`, `groups`), `session` (of `batches`, `cache`, `schedule`, `train`,
`interrupts`, `checkpoint`), `metrics`; `steps` and `devices` take single steps for others to compute too.
"""
