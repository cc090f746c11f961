// What the script says, in the language of the page, which brings the texts with it.

const texts = JSON.parse(document.body.dataset['says'] ?? '{}') as Record<string, string>;

/** The text of a name, with the seconds in their place where it has one. */
export function say(name: string, seconds?: number): string {
  return (texts[name] ?? '').replace('{seconds}', String(seconds));
}
