import JSONValue
import JSONata
import Synchronization
import Testing

/// No expression may hang or kill the process.
@Suite struct LimitTests {
    private func error(
        _ source: String, _ limits: EvaluationLimits = EvaluationLimits(), input: JSON? = nil
    ) -> JSONataError? {
        do throws(JSONataError) {
            _ = try JSONata.Expression(source).evaluate(
                input, environment: EvaluationEnvironment(now: Timestamp(microseconds: 0), seed: 1, limits: limits))
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "$map([1..9999999], function($x) { $x * 2 })",
        "[1..9999999][$ % 7 = 0]",
        "$sort([1..999999], function($a, $b) { $a < $b })",
        "$reduce([1..9999999], function($a, $b) { $a + $b })",
        "$join([1..999999].$string($))",
        "$replace($pad('', 1000000, 'a'), 'a', 'b')",
        "$match($pad('', 5000, 'a') & 'b', /(a+)+c/)",
        "$distinct([1..999999])",
        "$count([1..999999].([1..100]))",
    ])
    func workIsBounded(source: String) {
        let limits = EvaluationLimits(steps: 50_000)
        #expect(error(source, limits)?.exceededLimit == .time, "\(source)")
    }

    @Test func theClockIsAsked() {
        let questions = Mutex(0)
        let limits = EvaluationLimits(interrupt: {
            questions.withLock { count in
                count += 1
                return count > 5
            }
        })
        let failure = error("($f := function($n) { $f($n + 1) }; $f(0))", limits)
        #expect(failure?.exceededLimit == .time)
        #expect(failure?.message == "Expression evaluation timeout: Check for infinite loop")
    }

    @Test(arguments: [
        "[1..1000000]",
        "$pad('x', 100000000)",
        "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('0123456789', 40))",
        "($f := function($a, $n) { $n = 0 ? $a : $f($append($a, $a), $n - 1) }; $f([1, 2, 3], 40))",
        "$map([1..100000], function($x) { {'a': $x, 'b': [$x, $x]} })",
        "$split($pad('', 1000000, 'x,'), ',')",
        "$string([1..100000])",
    ])
    func memoryIsBounded(source: String) {
        let limits = EvaluationLimits(memory: 1 << 20)
        #expect(error(source, limits)?.exceededLimit == .memory, "\(source)")
    }

    @Test(arguments: [
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "($f := function($n) { $map([1], function($x) { [{'a': $f($n)}] }) }; $f(0))",
        "$reduce([1..100000], function($a, $b) { [[$a]] })",
        "$reduce([1..100000], function($a, $b) { {'a': $a} })",
        "$reduce([1..100000], function($a, $b) { function() { $a } })",
        "($g := function($f, $n) { $n = 0 ? $f : $g($f ~> $string, $n - 1) }; $g($string, 100000))",
    ])
    func depthIsBounded(source: String) {
        #expect(error(source, EvaluationLimits(stack: 256 << 10))?.exceededLimit == .depth, "\(source)")
    }

    @Test(arguments: ["(", "[", "{'a':", "-", "a.(", "$f(", "function(){", "|a|", "a[", "a^(", "1+", "$x:="])
    func nestingOfTheSourceIsBounded(opening: String) {
        let source = String(repeating: opening, count: 20_000) + "1"
        #expect(throws: JSONataError.self) { try JSONata.Expression(source) }
    }

    @Test func longChainsAreBounded() throws {
        _ = try JSONata.Expression("1" + String(repeating: "+1", count: 500))
        #expect(throws: JSONataError.self) { try JSONata.Expression("1" + String(repeating: "+1", count: 100_000)) }
        #expect(throws: JSONataError.self) { try JSONata.Expression("a" + String(repeating: ".a", count: 100_000)) }
    }

    @Test func tailCallsDoNotNest() throws {
        let limits = EvaluationLimits(depth: 50)
        #expect(error("($f := function($n) { $n = 0 ? 'done' : $f($n - 1) }; $f(10000))", limits) == nil)
    }
}
