"""ESMFold v1 (Lin et al. 2023) through Hugging Face transformers.

``layout`` chains as one sequence and back; ``trunk`` the forward pass with progress,
cancellation and early stop; ``predict`` from layouts to numbers; ``engine`` the rest.
"""
