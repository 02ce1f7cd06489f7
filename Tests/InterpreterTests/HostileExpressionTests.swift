import Interpreter
import JSONValue
import Testing

/// Expressions that would hold up or kill the server, if they could.
@Suite struct HostileExpressionTests {
    @Test(arguments: [
        "($f := function($n){1 + $f($n + 1)}; $f(0))",
        "($f := function($n){$f($n + 1)}; $f(0))",
        "($f := function($n){[$f($n + 1)]}; $f(0))",
        "[1..10000000].([1..10000000])",
        "$reduce([1..10000], function($a, $b){[$a]})",
        "$reduce([1..10000], function($a, $b){{'a': $a}})",
        "$reduce([1..100], function($a, $b){$a & $a}, 'xxxxxxxxxx')",
        "$match($join([1..30].('a')) & '!', /^(a+)+$/)",
        "$sort([1..100000], function($l, $r){$random() > 0.5})",
        "$string($reduce([1..10000], function($a, $b){[$a]}))",
        "$reduce([1..10000], function($a, $b){[$a]}) = 1",
    ])
    func `no expression takes more than its share`(expression: String) throws {
        let definition =
            #"{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass","End":true,"Output":"#
            + JSON.string("{% \(expression) %}").serialized() + "}}}"
        let clock = ContinuousClock()
        var world: World?
        let time = try clock.measure { world = try play(definition) }
        // Whatever it makes of it, it is over soon, and what remains can be kept; unoptimised code is slow.
        #expect(time < .seconds(60))
        #expect(world?.execution.status != .running)
        print("\(time) \(expression): \(world?.cause?.suffix(90) ?? "succeeded")")
    }
}
