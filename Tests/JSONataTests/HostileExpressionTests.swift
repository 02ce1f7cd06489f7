import JSONValue
import JSONata
import Synchronization
import Testing

/// Expressions that would run for ever, or for longer than anybody waits, or fill the memory: the budget cuts each of
/// them off, and asks its hook all the time.
@Suite struct HostileExpressionTests {
    /// `$share(n)` is a small value that has 2^n parts to whoever walks through it.
    private static let share =
        "$share := function($n) { $reduce([1..$n], function($v, $i) { {'l': $v, 'r': $v} }, {'x': 1}) };"
    private static let long = "$long := function($n) { $pad('', $n, 'a') };"

    private static let endless = [
        // Functions that call themselves.
        "($f := function() { $f() }; $f())",
        "($f := function($n) { $g($n) }; $g := function($n) { $f($n + 1) }; $f(0))",
        "($f := function($n) { $n = 0 ? 0 : $f($n - 1) + $f($n - 1) }; $f(200))",
        "($y := function($f) { $f($f) }; $y($y))",
        "($f := function($s) { $eval($s) }; $s := '$f($s)'; $f($s))",
        "($f := function($x) { $eval('1') + $f($x) }; $f(1))",
        // Many items.
        "[1..9999999].([1..9999999])",
        "$map([1..9999999], function($x) { $map([1..9999999], function($y) { $x * $y }) })",
        "$filter([1..9999999], function($x) { [1..9999999][$ = $x] })",
        "$reduce([1..9999999], function($a, $b) { $a + $b })",
        "[1..9999999][[1..9999999] = $]",
        "[1..9999999]{$string($): $sum($)}",
        "[1..99999]@$a.[1..99999]@$b.($a * $b)",
        "[1..99999]#$i[$i % 2 = 0]#$j[$j in [1..99999]]",
        "[1..999999]^(>$, <$string($))",
        "$sort([1..999999], function($a, $b) { $a < $b })",
        "$sort([1..999999].$string())",
        "$distinct([1..999999].[[1..999999]])",
        "$shuffle([1..9999999])[0] & $string($reverse([1..9999999]))",
        "$zip([1..9999999], [1..9999999], [1..9999999])",
        "$single([1..9999999], function($x) { false })",
        "$exists([1..9999999][999999999 in [1..9999999]])",
        "[1..9999].($x := [1..9999]; $x = $x)",
        "[1..9999999].($not([0, 0, 0, 0, 0, 0, 0, 0]))",
        "$spread([1..999999].{'a': $, 'b': $})",
        "$merge([1..999999].{$string($): 1})",
        "[1..999999] ~> |$|{'a': 1}|",
        "($a := [1..99999].{'k': [1..99]}; $a.k.k.k)",
        "$lookup([1..999999].{'k': $}, 'k')",
        // What is small in memory and large to walk through.
        "(\(share) $share(60))",
        "(\(share) $string($share(60)))",
        "(\(share) $share(60) = $share(60))",
        "(\(share) $clone($share(60)))",
        "(\(share) $distinct([$share(60), $share(60)]))",
        "(\(share) $share(60).**.x)",
        "(\(share) $count($share(60).**))",
        "(\(share) $share(60) ~> |**|{'y': 1}|)",
        "(\(share) $boolean($reduce([1..60], function($v, $i) { [[$v], [$v]] }, 0)))",
        "(\(share) $keys($reduce([1..60], function($v, $i) { [[$v], [$v]] }, {'x': 1})))",
        "(\(share) $reduce([1..60], function($v, $i) { [[$v], [$v]] }, {'x': 1}).x)",
        "(\(share) {'v': $reduce([1..60], function($v, $i) { [[$v], [$v]] }, 1)}.*)",
        // Patterns that backtrack.
        "$match($pad('', 60, 'a') & 'b', /^(a|a)*$/)",
        "$contains($pad('', 60, 'a') & '!', /^(a+)+$/)",
        "$split($pad('', 60, 'a') & '!', /(a*)*b/)",
        "$replace($pad('', 60, 'a') & '!', /(a|aa)+$/, 'x')",
        "$match($pad('', 60, 'a'), /^(?=(a+)+b)/)",
        "$match($pad('', 60, 'a'), /(?<=^(a+)+)b/)",
        "$match($pad('', 60, 'ab'), /^(\\w|\\w\\1)*$!/)",
        "($m := /(x+x+)+y/; [1..999999].($m($pad('', 40, 'x'))))",
        "$toMillis($pad('', 400, 'one '), '[Yw] [Mw] [Dw] [Hw] [mw] [sw]!')",
        // Functions that act as matchers.
        "($n := function() { {'match': 'a', 'start': 0, 'end': 1, 'groups': [], 'next': $n} }; $match('aaa', $n))",
        "($n := function() { {'match': 'a', 'start': 0, 'end': 1, 'groups': [], 'next': $n} }; $split('aaa', $n))",
        // Texts.
        "($f := function($s) { $f($s & $s) }; $f('0123456789'))",
        "$pad('', 999999999, 'ab')",
        "$join([1..9999999].$string($), ', ')",
        "(\(long) $contains($long(500000), $long(250000) & 'b'))",
        "(\(long) $replace($long(1000000), 'a', $long(1000)))",
        "(\(long) $replace($long(1000000), /a/, function($m) { $m.match & $m.match }))",
        "(\(long) $split($long(9999999), ''))",
        "(\(long) $replace($long(999999), /a/, $long(99999)))",
        "(\(long) $match($long(999999), /((((((((((.*))))))))))/)[0])",
        "(\(long) [1..9999].$substring($long(99999), 5))",
        "(\(long) [1..9999].$uppercase($long(99999)))",
        "(\(long) [1..9999].$lowercase($long(99999)))",
        "(\(long) [1..9999].$length($long(99999)))",
        "(\(long) [1..9999].$trim($long(99999)))",
        "(\(long) [1..9999].$base64encode($long(99999)))",
        "(\(long) [1..9999].$encodeUrl($long(99999)))",
        "(\(long) [1..9999].$substringAfter($long(99999), 'b'))",
        "(\(long) ($l := $long(99999); [1..99999].($l & 'x' < $l & 'y')))",
        "(\(long) $eval('[' & $join([1..999999].$string($), ',') & ']'))",
        "(\(long) $number($long(9999999)))",
        // Pictures.
        "(\(long) $formatNumber(1, $pad('', 999999, '#')))",
        "(\(long) $formatNumber(1, $pad('', 999999, '#,')))",
        "(\(long) $formatInteger(1, $pad('', 999999, '0,')))",
        "(\(long) $parseInteger('1', $pad('', 999999, '0,')))",
        "(\(long) $fromMillis(1, $pad('', 999999, '[Y]')))",
        "(\(long) $toMillis('1', $pad('', 999999, '[Y]')))",
        "[1..9999999].$formatNumber($, '#,##0.00')",
        "[1..9999999].$formatInteger($, 'w')",
        "[1..9999999].$fromMillis($)",
        // Signatures.
        "($f := function($a)<n+n+n+n+n+n+n+n+n+n+n+n+n+s:n> { 1 }; "
            + "$f(\(Array(repeating: "1", count: 40).joined(separator: ", "))))",
        // Functions made of functions.
        "($f := function($g) { $f($g ~> $string) }; $f($string))",
        "($f := function($g) { $f($g(?)) }; $f($string))",
    ]

    @Test(arguments: endless)
    func stepsAndMemoryBound(source: String) {
        let limits = EvaluationLimits(steps: 200_000, memory: 8 << 20)
        #expect(failure(source, limits)?.exceededLimit != nil, "\(source)")
    }

    @Test(arguments: endless)
    func theHookBounds(source: String) {
        let questions = Mutex(0)
        let limits = EvaluationLimits(memory: 64 << 20) {
            questions.withLock { count in
                count += 1
                return count > 200
            }
        }
        #expect(failure(source, limits)?.exceededLimit != nil, "\(source)")
    }

    private func failure(_ source: String, _ limits: EvaluationLimits) -> JSONataError? {
        do throws(JSONataError) {
            _ = try JSONata.Expression(source).evaluate(
                [:], environment: EvaluationEnvironment(now: Timestamp(microseconds: 0), seed: 1, limits: limits))
            return nil
        } catch {
            return error
        }
    }
}
