import { describe, expect, it } from 'vitest';
import { Budget } from './budget.js';
import { addAuthorizer, authorizerValue, baseEnvironment } from './environment.js';
import { CelError, compile } from './program.js';
import { toCel } from './values.js';

const environment = baseEnvironment().registerVariable('object', 'dyn').registerVariable('oldObject', 'dyn');
addAuthorizer(environment);

const object = toCel({
  metadata: { name: 'a', namespace: 'n', labels: { app: 'web', 'x/y': 'z' } },
  spec: { replicas: 3, ratio: 1.5, ports: [80, 443], image: 'registry.example.com/web:1', none: null },
});

const run = (expression: string, budget = new Budget(10_000_000)) =>
  compile(environment, expression).evaluate({ object, oldObject: null }, budget);

describe('expressions', () => {
  it.each([
    ['object.spec.replicas > 2 && object.spec.replicas <= 3.5', true],
    ['object.metadata.namespace == "n"', true],
    ['has(object.spec.missing)', false],
    ['object.?spec.?missing.orValue(7) == 7', true],
    ['object.spec.missing == 1 || true', true],
    ['object.spec.none == null && oldObject == null', true],
    ['object.metadata.labels.all(key, key.matches("^[a-z/]+$"))', true],
    ['object.spec.ports.exists(port, port == 443)', true],
    ['object.spec.ports.map(port, port + 1) == [81, 444]', true],
    ['"a-b".replace("-", "+") == "a+b" && "abc".charAt(1) == "b" && "abc".reverse() == "cba"', true],
    ['"%s has %d of %.1f: %s".format([dyn("x"), dyn(2), dyn(1.26), dyn([1, 2])])', 'x has 2 of 1.3: [1, 2]'],
    ['"a1b22".findAll("[0-9]+") == ["1", "22"] && "a1b22".find("[0-9]+") == "1"', true],
    ['[1, 3, 2].max() == 3 && [1, 3].isSorted() && [1, 2].sum() == 3 && [2, 1].sort() == [1, 2]', true],
    ['[[1], [2]].flatten() == [1, 2] && [1, 1].distinct() == [1] && [1, 2, 3].slice(0, 2) == [1, 2]', true],
    ['format.dns1123Label().validate("a").hasValue()', false],
    ['format.dns1123Label().validate("a.b").value()', ['must not contain dots']],
    ['format.dns1035LabelPrefix().validate("a-").hasValue() || format.uuid().validate("x").hasValue()', true],
    ['format.named("labelValue").value().validate("-").hasValue() && !format.named("none").hasValue()', true],
    ['format.uri().validate("x").value()', ['parse "x": invalid URI for request']],
    [
      'format.byte().validate("!").value() == ["invalid base64"] && !format.datetime().validate("2021-01-01T00:00:00Z").hasValue()',
      true,
    ],
    ['sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])', true],
    ['quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("50k").add(20).asInteger() == 50020', true],
    ['quantity("1000m") == quantity("1") && isQuantity("1.5Gi") && !isQuantity("x")', true],
    [
      'ip("fd00::1").family() == 6 && ip.isCanonical("127.0.0.1") && ip("127.0.0.1").isLoopback() && !isIP("1.2.3")',
      true,
    ],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")', true],
    ['string(cidr("10.1.2.3/8").masked())', '10.0.0.0/8'],
    ['url("https://example.com:80/a?b=c").getHostname() == "example.com" && !isURL("x")', true],
    ['url("https://[::1]:80/a%20b?k=v").getQuery()["k"] == ["v"]', true],
    ['duration("1h") > duration("30m") && timestamp("2026-01-01T00:00:00Z").getFullYear() == 2026', true],
  ])('%s', (expression, expected) => {
    expect(run(expression)).toEqual(expected);
  });

  it('ask the authoriser', () => {
    const asked: unknown[] = [];
    const authorizer = authorizerValue(
      (query) => {
        asked.push(query);
        return { allowed: query.verb === 'get', reason: 'r' };
      },
      { group: '', resource: 'pods', subresource: '', namespace: 'n', name: 'p' },
    );
    const ask = (text: string) => compile(environment, text).evaluate({ authorizer }, new Budget(1000));
    const check = 'authorizer.group("apps").resource("daemonsets").namespace("n").check("get").allowed()';
    expect(ask(check)).toBe(true);
    expect(ask('authorizer.requestResource.check("delete").allowed()')).toBe(false);
    expect(ask('authorizer.serviceAccount("n", "s").path("/healthz").check("get").reason()')).toBe('r');
    expect(asked).toMatchObject([
      { group: 'apps', resource: 'daemonsets', namespace: 'n', verb: 'get' },
      { resource: 'pods', name: 'p', verb: 'delete' },
      { kind: 'path', path: '/healthz', serviceAccount: 'n:s' },
    ]);
  });
});

describe('faults', () => {
  it.each([
    ['object.spec.missing', "expression 'object.spec.missing' resulted in error: no such key: missing"],
    ['object.spec.ports[7]', /^expression 'object.spec.ports\[7\]' resulted in error: .*index out of bounds/],
    ['1 / 0 == 1', "expression '1 / 0 == 1' resulted in error: division by zero"],
    [
      'nothing',
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'nothing' (in container '')\n | nothing\n | ^",
    ],
    [
      '1 +\n  x',
      "compilation failed: ERROR: <input>:2:3: undeclared reference to 'x' (in container '')\n |   x\n | ..^",
    ],
    ['1 +', /^compilation failed: ERROR: <input>:1:4: Syntax error: /],
    [
      '"a" + 1',
      /^compilation failed: ERROR: <input>:1:\d+: found no matching overload for '_\+_' applied to '\(string, int\)'/,
    ],
    ['[1] > 1', /: found no matching overload for '_>_' applied to '\(list\(int\), int\)'/],
    ['1 in "a"', /: found no matching overload for '@in' applied to '\(int, string\)'/],
    ['!1', /: found no matching overload for '!_' applied to '\(int\)'/],
    ['(1).matches("a")', /: found no matching overload for 'matches' applied to 'int\.\(string\)'/],
    ['size(1)', /: found no matching overload for 'size' applied to '\(int\)'/],
  ])('%s', (expression, message) => {
    const failure = () => run(expression);
    expect(failure).toThrow(CelError);
    expect(failure).toThrow(message);
  });

  it('are values of another type than is wanted', () => {
    expect(() => compile(environment, '"a"', ['bool'])).toThrow('must evaluate to bool');
    expect(compile(environment, 'object.x', ['bool']).type).toBe('dyn');
  });

  it('end an evaluation that costs more than its budget, and what shares the budget', () => {
    const loop = 'object.a.all(x, object.a.all(y, object.a.all(z, x + y + z >= 0)))';
    const compiled = compile(environment, loop);
    const big = { object: { a: Array.from({ length: 300 }, (_, at) => BigInt(at)) } };
    const begin = performance.now();
    expect(() => compiled.evaluate(big, new Budget(10_000_000))).toThrow('actual cost limit exceeded');
    expect(performance.now() - begin).toBeLessThan(3000);
    expect(() => run('[1, 2, 3].all(x, x > 0)', new Budget(2))).toThrow('actual cost limit exceeded');
  });

  it.each([
    ['a range below nothing', 'lists.range(-9223372036854775807).size() == 0 && lists.range(900000).size() > 0', 1000],
    ['what a replacement makes', 'object.replace("a", object).size() > 0', 100_000],
    [
      'what lists share when they are flattened',
      `[0].map(a0, [a0, a0])${Array.from({ length: 40 }, (_, at) => `.map(a${at + 1}, [a${at + 1}, a${at + 1}])`).join('')}.flatten(50)`,
      10_000_000,
    ],
    [
      'joined texts',
      `[0].map(a0, object + object)${Array.from({ length: 30 }, (_, at) => `.map(a${at + 1}, a${at + 1} + a${at + 1})`).join('')}.size() > 0`,
      1_000_000,
    ],
    [
      'joined lists',
      `[[1, 2]]${Array.from({ length: 40 }, (_, at) => `.map(a${at}, a${at} + a${at})`).join('')}.size() > 0`,
      1_000_000,
    ],
    ['what another alternative would hide', `lists.range(500).all(x, lists.range(500).all(y, true)) || true`, 1000],
  ])('are charged for %s', (_what, expression, budget) => {
    const compiled = compile(environment, expression);
    const evaluate = () => compiled.evaluate({ object: 'a'.repeat(2000) }, new Budget(budget));
    expect(evaluate).toThrow('actual cost limit exceeded');
  });

  it('ask for fields of items and of what functions return, and find misspelt ones', () => {
    const at = 'object.spec.ports.map(port, {"port": port})';
    expect(run(`has(${at}[0].port) && !has(${at}[0].name)`)).toBe(true);
    expect(run('has(object.metadata.labels.app) && !has([object.metadata][0].labels.other)')).toBe(true);
    const typed = baseEnvironment()
      .registerType('Rule', { fields: { matches: 'list<string>' } })
      .registerVariable('self', 'list<Rule>');
    expect(compile(typed, 'has(self[0].matches)').type).toBe('bool');
    expect(() => compile(typed, 'has(self[0].nothing)')).toThrow("undefined field 'nothing'");
  });

  it('match texts in linear time', () => {
    const begin = performance.now();
    const text = `${'a'.repeat(5000)}!`;
    const compiled = compile(environment, 'object.matches("^(a+)+$")');
    expect(compiled.evaluate({ object: text }, new Budget(10_000_000))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
