// A program written for Perspective: it differs from its former self only in the address of the discovery document.
// Usage: node perspective.js DISCOVERY_URL KEY. Prints one JSON object; the test reads it.
const { google } = require('googleapis');

const [url, key] = process.argv.slice(2);
const text = 'Thank you for writing this. You are a stupid idiot! 😀 Good night.';

async function refusal(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { status: error.response.status, error: error.response.data.error };
  }
}

async function main() {
  const client = await google.discoverAPI(url);
  const analyze = (resource, params = {}) => client.comments.analyze({ key, resource, ...params });
  const usual = { comment: { text }, requestedAttributes: { TOXICITY: {} } };

  const scores = await analyze({ ...usual, requestedAttributes: { TOXICITY: {}, 'INSULT@2': {} }, clientToken: 't' });
  const spans = await analyze({ ...usual, spanAnnotations: true, languages: ['en'] });
  const shown = spans.data.attributeScores.TOXICITY.spanScores.map((span) => ({
    text: text.slice(span.begin, span.end),
    value: span.score.value,
  }));
  const partial = await analyze(usual, { fields: 'languages' });
  const suggested = await client.comments.suggestscore({
    key,
    resource: {
      comment: { text },
      attributeScores: { TOXICITY: { summaryScore: { value: 1 } } },
      clientToken: 'comment:1',
    },
  });
  const errors = {
    empty: await refusal(() => analyze({ ...usual, comment: { text: '' } })),
    attribute: await refusal(() => analyze({ ...usual, requestedAttributes: { SPAM: {} } })),
    language: await refusal(() => analyze({ ...usual, languages: ['es'] })),
    key: await refusal(() => client.comments.analyze({ key: 'wrong', resource: usual })),
    noKey: await refusal(() => client.comments.analyze({ resource: usual })),
  };
  console.log(
    JSON.stringify({ scores: scores.data, shown, partial: partial.data, suggested: suggested.data, errors }),
  );
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
