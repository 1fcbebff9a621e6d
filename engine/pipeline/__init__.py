"""Fine-tuning: a pretrained network gets a new head, which is trained alone, and then with the body, each part slower.

`engine.pipeline.run.finetune` is the whole of it. Its parts, in the order in which they are used: `settings`, `archs`,
`weights`, `surgery`, `heads`, `images`, `batches`, `groups`, `cache`, `schedule`, `train`, `checkpoint`, `metrics`.
"""
