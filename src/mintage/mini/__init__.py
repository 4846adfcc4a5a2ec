"""The embedded models: a small text-to-image generator and a small image-text model, on the CPU, without a download."""
