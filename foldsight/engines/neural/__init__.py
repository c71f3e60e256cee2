"""What the neural engines share; everything here imports torch only when it runs.

``runtime`` threads, device, number formats, seeds and memory; ``aligned_error`` PAE, pTM
and ipTM from logits; ``loading`` weights from a local folder, kept warm.
"""
