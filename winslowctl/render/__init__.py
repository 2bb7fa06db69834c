"""How answers look: tables, trees, words and symbols for people, JSON and YAML for programs."""
