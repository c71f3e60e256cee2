"""ESMFold2 (Biohub 2026) through Hugging Face transformers.

``features`` chains as the network's input; ``predict`` from features to numbers;
``engine`` the two engines, full and fast.
"""
