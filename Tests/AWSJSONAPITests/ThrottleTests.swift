import BatonTestKit
import JSONValue
import Testing

@testable import AWSJSONAPI

@Suite struct ThrottleTests {
    @Test func `a bucket gives what it holds, then what flows in`() throws {
        let clock = VirtualClock()
        let throttle = Throttle(
            limits: try ThrottleLimits(parsing: "StartExecution=2/3, *=1000"), clock: { clock.now() })
        let start = "AWSStepFunctions.StartExecution"
        func admitted(_ count: Int) -> Int { (0..<count).count { _ in throttle.admits(start) } }
        #expect(admitted(10) == 3)
        clock.advance(seconds: 1)
        #expect(admitted(10) == 2)
        clock.advance(seconds: 100)
        #expect(admitted(10) == 3)
        #expect((0..<1000).allSatisfy { _ in throttle.admits("AWSStepFunctions.ListActivities") })
        #expect(!throttle.admits("AWSStepFunctions.ListActivities"))
        #expect((0..<2000).allSatisfy { _ in throttle.admits("Baton.ListTasks") })
    }

    @Test(arguments: ["StartExecution", "=1", "a=", "a=0", "a=-1", "a=1/0", "a=1/2/3", "a=x", "a=inf"])
    func `what is no limit is refused`(_ text: String) {
        #expect(throws: ThrottleError.self) { try ThrottleLimits(parsing: text) }
    }
}
