// Colours of lines, apart from each other for most eyes, readable on either scheme.
const LIGHT = ["#00786d", "#c2410c", "#2563eb", "#9333ea", "#a16207", "#be185d", "#4d7c0f", "#475569"];
const DARK = ["#2dd4bf", "#fb923c", "#7aa7ff", "#c99bff", "#facc15", "#f684bb", "#a3d65c", "#b3bfce"];

export const colours = (scheme: "light" | "dark"): readonly string[] => (scheme === "dark" ? DARK : LIGHT);
