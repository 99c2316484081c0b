/** CEL as the API server has it: values, errors and compile errors in cel-go's words, and an end to every expression. */
import { describe, expect, it } from 'vitest'
import { CelAuthorizer, INT, STRING, compileCel, listOf, mapType, objectType } from '../../engine/objects/cel/index.ts'

const OBJECT = {
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 7, items: [{ name: 'a', port: 80 }, { name: 'b' }], share: 0.5 },
}

function run(expression: string, bindings: Record<string, unknown> = { object: OBJECT, none: null }): unknown {
  const compiled = compileCel(expression, { variables: Object.keys(bindings) })
  if ('error' in compiled) return compiled.error
  const result = compiled.program.evaluate(bindings)
  return 'error' in result ? `runtime: ${result.error}` : result.value
}

describe('values', () => {
  it.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['object.spec.replicas <= 5', false],
    ['object.spec.replicas == 7.0', true],
    ['object.spec.share < 1', true],
    ['has(object.spec.items[1].port)', false],
    ['has(object.metadata.annotations)', false],
    ['object.metadata.?annotations[?"x"].orValue("none")', 'none'],
    ['object.spec.items.map(i, i.name).join("-")', 'a-b'],
    ['object.spec.items.filter(i, has(i.port)).size()', 1],
    ['object.spec.items.all(i, i.port == 80 || i.name == "b")', true],
    ['object.spec.items.exists_one(i, i.name == "a")', true],
    ['object.spec.items.exists(i, i.port == 81)', 'runtime: no such key: port'],
    ['object.spec.items.exists(i, i.port == 80)', true],
    ['object.metadata.labels.all(k, v, k == "app" && v == "web")', true],
    ['[5, 6].transformList(i, v, i * v)', [0, 6]],
    ['{"a": 1}.transformMap(k, v, v + 1)', { a: 2 }],
    ['"web" in object.metadata.labels', false],
    ['none == null', true],
    ['dyn("a") == 1', false],
    ['1u + 2u == 3u', true],
    ['"ab" + "cd"', 'abcd'],
    ['[1] + [2]', [1, 2]],
    ['type(1) == int', true],
    ['optional.of(3).optMap(v, v + 1).value()', 4],
    ['[?object.?x, ?object.metadata.?name]', ['web']],
    ['{?"n": object.metadata.?name, ?"x": object.?x}', { n: 'web' }],
    ['Object{spec: Object.spec{replicas: 3, ?paused: object.?x}}', { spec: { replicas: 3 } }],
    [
      '[JSONPatch{op: "add", path: "/a/" + jsonpatch.escapeKey("x/y~z"), value: 1}]',
      [{ op: 'add', path: '/a/x~1y~0z', value: 1 }],
    ],
    ['cel.bind(x, object.spec.replicas, x * x)', 49],
  ])('%s', (expression, value) => {
    expect(run(expression)).toEqual(value)
  })
})

describe('functions of Kubernetes', () => {
  it.each<[string, unknown]>([
    ['quantity("1.5Gi").isGreaterThan(quantity("1G"))', true],
    ['quantity("500m").add(quantity("500m")).compareTo(quantity("1"))', 0],
    ['quantity("50k").asInteger()', 50000],
    ['quantity("50m").isInteger()', false],
    ['isQuantity("1Zi")', false],
    ['[1, 3, 2].isSorted()', false],
    ['[1, 2].sum() + [3].max() + [4, 5].min()', 10],
    ['["a", "b", "a"].lastIndexOf("a")', 2],
    ['"abc 123".find("[0-9]+")', '123'],
    ['"a1b22".findAll("[0-9]+", 1)', ['1']],
    ['"abc".matches("^[a-z]+$")', true],
    ['"Grüße".size()', 5],
    ['"hello".charAt(1) + "hello".substring(1, 3)', 'eel'],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"%s has %d, %.2f, %x".format(["web", 7, 1.5, 255])', 'web has 7, 1.50, ff'],
    ['url("https://a.b:8443/x?y=1").getHostname()', 'a.b'],
    ['isURL("not a url")', false],
    ['ip("10.0.0.1").isGlobalUnicast() && ip("::1").isLoopback()', true],
    ['isIP("10.0.0.256")', false],
    ['ip.isCanonical("2001:db8::1")', true],
    ['cidr("10.0.0.0/8").containsIP("10.1.1.1") && !cidr("10.0.0.0/8").containsCIDR("11.0.0.0/16")', true],
    ['cidr("192.168.1.7/24").masked().prefixLength()', 24],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    ['isSemver("v1.0")', false],
    ['isSemver("v1.0", true)', true],
    ['sets.intersects([1, 2], [2, 3]) && sets.equivalent([1, 1], [1])', true],
    ['format.dns1123Label().validate("ok").hasValue()', false],
    ['format.named("uuid").hasValue() && !format.named("x").hasValue()', true],
    ['duration("90m").getHours() + timestamp("2026-01-02T03:04:05Z").getHours()', 4],
    ['timestamp("2026-01-02T03:00:00Z") - timestamp("2026-01-02T01:00:00Z") == duration("2h")', true],
    ['timestamp("2026-07-01T00:00:00Z").getHours("Europe/Berlin")', 2],
  ])('%s', (expression, value) => {
    expect(run(expression)).toEqual(value)
  })

  it('asks the authorizer that is bound', () => {
    const authorizer = new CelAuthorizer(({ verb, resource }) => ({ allowed: verb === 'get', reason: `${resource}` }), {
      request: { group: 'apps', resource: 'deployments' },
    })
    const ask = (expression: string): unknown => run(expression, { authorizer })
    expect(ask('authorizer.group("").resource("pods").check("get").allowed()')).toBe(true)
    expect(ask('authorizer.requestResource.check("list").allowed()')).toBe(false)
    expect(ask('authorizer.requestResource.check("get").reason()')).toBe('deployments')
  })
})

describe('errors while it runs', () => {
  it.each([
    ['object.x', 'no such key: x'],
    ['object.spec.items[2]', 'index out of bounds: 2'],
    ['object.spec.replicas + "a"', 'no such overload'],
    ['object.metadata.name && true', 'no such overload'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['int("x")', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['optional.none().value()', 'optional.none() dereference'],
  ])('%s: %s', (expression, message) => {
    expect(run(expression)).toBe(`runtime: ${message}`)
  })
})

const at = (expression: string, column: number, message: string): string =>
  `ERROR: <input>:1:${column}: ${message}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`

describe('errors of the compiler', () => {
  it.each<[string, number, string]>([
    ['self.x', 1, "undeclared reference to 'self' (in container '')"],
    ['foo(1)', 4, "undeclared reference to 'foo' (in container '')"],
    ['1 == 1.0', 3, "found no matching overload for '_==_' applied to '(int, double)'"],
    ['"a" + 1', 5, "found no matching overload for '_+_' applied to '(string, int)'"],
    ['"a".startsWith(1)', 15, "found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['object ? 1 : "a"', 8, "found no matching overload for '_?_:_' applied to '(dyn, int, string)'"],
    ['[1, "a"]', 5, "expected type 'int' but found 'string'"],
    ['"a".x', 4, "type 'string' does not support field selection"],
    [
      '1.all(x, true)',
      1,
      "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ],
    ['"a".matches("(")', 13, 'invalid matches argument'],
  ])('%s', (expression, column, message) => {
    expect(run(expression)).toBe(at(expression, column, message))
  })

  it('tells all that is wrong, in order', () => {
    expect(run('a == 1 && b')).toBe(
      `${at('a == 1 && b', 1, "undeclared reference to 'a' (in container '')")}\n${at('a == 1 && b', 11, "undeclared reference to 'b' (in container '')")}`,
    )
  })

  it('knows the grammar', () => {
    expect(run('object.x >')).toMatch(/^ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting \{'\[', /)
    expect(run('object.all(x')).toMatch(/^ERROR: <input>:1:13: Syntax error: missing '\)' at '<EOF>'/)
  })

  it('knows declared types', () => {
    const self = objectType('Widget', { size: INT, tags: listOf(STRING), labels: mapType(STRING, STRING) })
    const compile = (expression: string) => compileCel(expression, { variables: [], types: { self } })
    expect(compile('self.sise > 1')).toEqual({ error: at('self.sise > 1', 5, "undefined field 'sise'") })
    expect(compile('self.size > "1"')).toMatchObject({
      error: expect.stringContaining("applied to '(int, string)'") as string,
    })
    expect(compile('self.tags.all(t, t != "") && "a" in self.labels')).toMatchObject({ program: { type: 'bool' } })
  })
})

describe('limits', () => {
  it('ends what would run for ever', () => {
    const big = Array.from({ length: 3000 }, (_, index) => index)
    const text = 'operation cancelled: actual cost limit exceeded'
    expect(run('x.all(a, x.all(b, x.all(c, a + b + c >= 0)))', { x: big })).toBe(`runtime: ${text}`)
    const doubling = Array.from({ length: 40 }, (_, i) => `cel.bind(v${i + 1}, v${i} + v${i}, `).join('')
    expect(run(`cel.bind(v0, "0123456789", ${doubling}v40.size()${')'.repeat(41)}`)).toBe(`runtime: ${text}`)
  })

  it('takes linear time for any pattern', () => {
    expect(run(`"${'a'.repeat(40)}!".matches("^(a+)+$")`)).toBe(false)
  })
})
