// The HTML validator.

import { FileSystemConfigLoader, HtmlValidate } from 'html-validate';

const validator = new HtmlValidate(new FileSystemConfigLoader({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    // Matters of taste, not of the standard.
    'doctype-style': 'off',
    'long-title': 'off',
    // A table that becomes a list on a phone would lose its roles there.
    'no-redundant-role': 'off',
    'no-trailing-whitespace': 'off',
    'void-style': 'off',
  },
}));

/** What is wrong with a page, one text for each finding. */
export async function complaintsAbout(html) {
  const report = await validator.validateString(html);
  return report.results.flatMap((result) => result.messages).map((finding) => {
    const line = html.split('\n')[finding.line - 1]?.trim().slice(0, 160);
    return `${finding.ruleId}: ${finding.message} at ${line}`;
  });
}
