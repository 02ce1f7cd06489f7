import AMQP
import Interpreter
import Testing

@testable import AMQPBroker

@Suite struct StuckTargetsTests {
    typealias Target = ScheduledTask.Target
    let other = Target.function(name: "other")

    @Test func `two publications in a row without an answer are enough, and counting starts again`() {
        var stuck = StuckTargets()
        #expect(stuck.note([(.work, .lost), (.work, .lost)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [.work])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [.work])
    }

    @Test(arguments: [PublishOutcome.confirmed, .returned(code: 312, text: "NO_ROUTE"), .rejected])
    func `any answer is a sign of life`(answer: PublishOutcome) {
        var stuck = StuckTargets()
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, answer)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost), (.work, answer)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [])
    }

    @Test func `what is lost with its connection does not count`() {
        var stuck = StuckTargets()
        for _ in 0..<5 { #expect(stuck.note([(.work, .lost)], onSameConnection: false) == []) }
    }

    @Test func `every target has its own count`() {
        var stuck = StuckTargets()
        #expect(stuck.note([(.work, .lost), (other, .confirmed)], onSameConnection: true) == [])
        #expect(stuck.note([(other, .lost)], onSameConnection: true) == [])
        #expect(stuck.note([(.work, .lost)], onSameConnection: true) == [.work])
        #expect(stuck.note([(other, .lost)], onSameConnection: true) == [other])
    }
}
