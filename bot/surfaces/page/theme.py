"""How the page looks: colours and fonts here, for light and dark alike; everything else is `assets/page.css`."""

from __future__ import annotations

import gradio as gr

__all__ = ["THEME"]

# System fonts: the page must come up without a network, and a font server is one.
_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]

THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="slate",
    font=_FONTS,
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
).set(
    # The theme's own shades are too pale for words on them (WCAG 2.2, 1.4.3: 4.5 to 1).
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover_dark="*primary_600",
    button_primary_text_color="white",
    button_primary_text_color_dark="white",
    color_accent="*primary_700",
    input_placeholder_color="*neutral_500",
    input_placeholder_color_dark="*neutral_400",
)
