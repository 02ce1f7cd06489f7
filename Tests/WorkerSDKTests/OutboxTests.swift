import BrokerFixture
import TaskProtocol
import Testing

@testable import WorkerSDK

@Suite(.timeLimit(.minutes(10))) struct OutboxTests {
    private typealias Content = InMemoryTransport.Content
    private typealias Entry = InMemoryTransport.Entry

    /// An outbox, and what becomes of what is left in it.
    private struct Bench: Sendable {
        let transport = InMemoryTransport()
        let work = OpenWork()
        let settled = Recorder<String>()
        let ended = Recorder<Int>()
        let outbox: Outbox<InMemoryTransport>

        init() { outbox = Outbox(transport, work) { [ended] in ended.append($0) } }

        func post(_ body: String, to queue: String = "results", batch: Int? = 1_000) {
            let answer = AnswerMessage(token: "t-\(body.prefix(8))", kind: .success, body: Array(body.utf8))
            outbox.post(
                .init(envelope: answer.encoded(), queue: queue, batch: batch) { [settled] in
                    settled.append("\(body.prefix(8)) \($0)")
                }, at: .zero)
        }

        /// What was sent so far.
        func sent(_ count: Int) async -> [Entry] {
            var entries: [Entry] = []
            for _ in 0..<count { entries.append(await transport.next()) }
            return entries
        }
    }

    private func batch(_ bodies: ClosedRange<Int>, to queue: String = "results") -> Entry {
        .batch(bodies.map { Content(type: "success", body: "\($0)") }, to: queue)
    }

    private func single(_ body: String, to queue: String = "results") -> Entry {
        .published("success", to: queue, body: body)
    }

    @Test func `what is ready together is one message, and each hears of it`() async {
        let bench = Bench()
        for number in 1...3 { bench.post("\(number)") }
        bench.outbox.send()
        #expect(await bench.sent(1) == [batch(1...3)])
        #expect(bench.settled.values == ["1 confirmed", "2 confirmed", "3 confirmed"])
    }

    @Test func `what is alone stays a plain message`() async {
        let bench = Bench()
        bench.post("1")
        bench.outbox.send()
        bench.post("2")
        bench.outbox.send()
        #expect(await bench.sent(2) == [single("1"), single("2")])
    }

    @Test func `without the offer nothing is put together`() async {
        let bench = Bench()
        for number in 1...3 { bench.post("\(number)", batch: nil) }
        bench.outbox.send()
        #expect(await bench.sent(3) == [single("1"), single("2"), single("3")])
    }

    @Test func `an offer is for those that it was made to`() async {
        let bench = Bench()
        for (number, offer) in [(1, 10), (2, 10), (3, nil), (4, 10), (5, 2), (6, 2), (7, 2)] {
            bench.post("\(number)", batch: offer)
        }
        bench.outbox.send()
        #expect(
            await bench.sent(5) == [batch(1...2), single("3"), single("4"), batch(5...6), single("7")])
        #expect(bench.settled.values == (1...7).map { "\($0) confirmed" })
    }

    @Test func `no batch is larger than was offered, or than any may be`() async {
        let bench = Bench()
        for number in 1...7 { bench.post("\(number)", batch: 3) }
        bench.outbox.send()
        #expect(await bench.sent(3) == [batch(1...3), batch(4...6), single("7")])
        for number in 1...(MessageBatch.maximumCount + 2) { bench.post("\(number)", batch: 1_000_000) }
        bench.outbox.send()
        let last = MessageBatch.maximumCount + 1
        #expect(await bench.sent(2) == [batch(1...(last - 1)), batch(last...(last + 1))])
    }

    @Test func `many bytes are several messages`() async {
        let bench = Bench()
        let body = String(repeating: "1", count: Outbox<InMemoryTransport>.largestInBatch)
        for _ in 0..<100 { bench.post(body) }
        bench.outbox.send()
        for entry in await bench.sent(2) {
            guard case .batch(let members, to: "results") = entry else {
                Issue.record("\(entry)")
                continue
            }
            #expect(members.count < 65)
        }
        #expect(bench.settled.values.count == 100)
    }

    @Test func `a large one goes alone, in its place`() async {
        let bench = Bench()
        let large = String(repeating: "1", count: Outbox<InMemoryTransport>.largestInBatch + 1)
        for body in ["1", "2", large, "3", "4"] { bench.post(body) }
        bench.outbox.send()
        #expect(await bench.sent(3) == [batch(1...2), single(large), batch(3...4)])
    }

    @Test func `each queue has its own`() async {
        let bench = Bench()
        for number in 1...2 {
            bench.post("\(number)")
            bench.post("\(number)", to: "others")
        }
        bench.outbox.send()
        let sent = await bench.sent(2)
        #expect(sent.contains(batch(1...2)))
        #expect(sent.contains(batch(1...2, to: "others")))
    }

    @Test(arguments: [PublishResult.lost, .refused("full")])
    func `each hears how its message went, and of no other`(result: PublishResult) async {
        let bench = Bench()
        bench.transport.willPublish([result, .confirmed])
        for number in 1...4 { bench.post("\(number)", batch: 2) }
        bench.outbox.send()
        #expect(await bench.sent(2) == [batch(1...2), batch(3...4)])
        #expect(bench.settled.values == ["1 \(result)", "2 \(result)", "3 confirmed", "4 confirmed"])
    }

    @Test func `acknowledgements leave together, then what follows them, then the end`() async {
        let bench = Bench()
        let followers = Recorder<Int>()
        bench.outbox.taskEnded()
        bench.outbox.follow { [ended = bench.ended] in followers.append(ended.values.count) }
        bench.outbox.acknowledge([1, 2])
        bench.outbox.acknowledge([3])
        bench.outbox.taskEnded()
        bench.outbox.send()
        bench.outbox.send()
        #expect(await bench.sent(1) == [.acknowledged([1, 2, 3])])
        #expect(followers.values == [0])
        #expect(bench.ended.values == [2])
    }

    /// However handlers come and go, everything leaves once, and nobody has to look after it.
    @Test(arguments: [nil, 1_000]) func `nothing stays behind`(offer: Int?) async {
        let bench = Bench()
        let count = 500
        bench.work.begin(handlers: count)
        await withTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask {
                    bench.work.handlerStarted()
                    if number % 7 == 0 { await Task.yield() }
                    bench.post("\(number)", batch: offer)
                    await bench.outbox.gather(at: .zero)
                }
            }
        }
        #expect(bench.settled.values.count == count)
        #expect(Set(bench.settled.values) == Set((1...count).map { "\($0) confirmed" }))
    }

    @Test func `what waits for handlers that do not come leaves all the same`() async {
        let bench = Bench()
        bench.work.begin(handlers: 1)
        bench.post("1")
        bench.post("2")
        await bench.outbox.gather(at: .zero)
        #expect(await bench.sent(1) == [batch(1...2)])
    }
}
