import { ApiError } from '../api-error.js';
import { keyErrors, newRequirement, type Requirement, type SelectorOperator, selectorError } from './requirement.js';

type Token = 'end' | 'identifier' | 'in' | 'notin' | ')' | ',' | '(' | '!' | '=' | '==' | '!=' | '>' | '<';

interface Lexeme {
  token: Token;
  text: string;
}

const LEXEME = /[ \t\r\n]*(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+)/y;
const KEYWORDS: ReadonlySet<string> = new Set(['in', 'notin']);
const SYMBOLS: ReadonlySet<string> = new Set(['==', '!=', '=', '!', '(', ')', ',', '<', '>']);

const OPERATORS: Partial<Record<Token, SelectorOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};
const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';
const PREFIX = 'unable to parse requirement: ';

function scan(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  LEXEME.lastIndex = 0;
  for (let match = LEXEME.exec(text); match; match = LEXEME.exec(text)) {
    const word = match[1] ?? '';
    const fixed = SYMBOLS.has(word) || KEYWORDS.has(word);
    lexemes.push({ token: fixed ? (word as Token) : 'identifier', text: word });
  }
  lexemes.push({ token: 'end', text: '' });
  return lexemes;
}

/** A recursive-descent parser of the grammar in apimachinery's labels.Parse, with its error messages. */
class Reader {
  private position = 0;

  constructor(private readonly lexemes: Lexeme[]) {}

  all(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { token, text } = this.peek();
      if (token === 'end') return requirements;
      if (token !== 'identifier' && token !== '!') {
        throw refused(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.requirement());
      const after = this.take();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') throw refused(`found '${after.text}', expected: ',' or 'end of string'`);
      const next = this.peek();
      if (next.token !== 'identifier' && next.token !== '!') {
        throw refused(`found '${next.text}', expected: identifier after ','`);
      }
    }
  }

  private requirement(): Requirement {
    let first = this.take();
    const negated = first.token === '!';
    if (negated) first = this.take();
    if (first.token !== 'identifier') throw refused(`${PREFIX}found '${first.text}', expected: identifier`);
    const key = first.text;
    const errors = keyErrors(key, '<nil>');
    if (errors.length > 0) throw selectorError(errors, PREFIX);
    if (negated) return newRequirement(key, '!', [], PREFIX);
    const next = this.peek().token;
    if (next === 'end' || next === ',') return newRequirement(key, 'exists', [], PREFIX);
    const operator = this.operator();
    const values = operator === 'in' || operator === 'notin' ? this.list() : [this.exactValue()];
    return newRequirement(key, operator, values, PREFIX);
  }

  private operator(): SelectorOperator {
    const { token, text } = this.take({ keywords: true });
    const operator = OPERATORS[token];
    if (operator === undefined) throw refused(`${PREFIX}found '${text}', expected: ${BINARY_OPERATORS}`);
    return operator;
  }

  private exactValue(): string {
    const { token } = this.peek();
    if (token === 'end' || token === ',') return '';
    const value = this.take();
    if (value.token !== 'identifier') throw refused(`${PREFIX}found '${value.text}', expected: identifier`);
    return value.text;
  }

  /** `(a,b)`. A missing value, as in `()` or `(a,)`, is the empty value. */
  private list(): string[] {
    const open = this.take();
    if (open.token !== '(') throw refused(`${PREFIX}found '${open.text}' expected: '('`);
    const values = new Set<string>();
    for (;;) {
      const { token, text } = this.peek();
      if (token === 'identifier') {
        this.take();
        values.add(text);
        const after = this.peek();
        if (after.token !== ',' && after.token !== ')') {
          throw refused(`${PREFIX}found '${after.text}', expected: ',' or ')'`);
        }
      } else if (token === ',' || token === ')') {
        values.add('');
      } else {
        throw refused(`${PREFIX}found '${text}', expected: ',', ')' or identifier`);
      }
      if (this.take().token === ')') return [...values];
    }
  }

  /** Words like `in` are names where no operator is expected. */
  private peek(): Lexeme {
    const lexeme = this.lexemes[this.position] ?? { token: 'end', text: '' };
    return KEYWORDS.has(lexeme.token) ? { token: 'identifier', text: lexeme.text } : lexeme;
  }

  private take(options: { keywords?: boolean } = {}): Lexeme {
    const lexeme = options.keywords ? (this.lexemes[this.position] ?? this.peek()) : this.peek();
    this.position += 1;
    return lexeme;
  }
}

const refused = (message: string): ApiError => new ApiError('BadRequest', message);

/**
 * Reads `a=b,c!=d,e in (x,y),!f,g>1`. Empty text selects everything (no requirements).
 * @throws ApiError BadRequest with the message of apimachinery's labels.Parse.
 */
export function parseLabelSelector(text: string): Requirement[] {
  return new Reader(scan(text)).all();
}
