import BrokerFixture
import Testing

@testable import WorkerSDK

@Suite(.timeLimit(.minutes(10))) struct HandlerChildTests {
    @Test func `one child is cancelled and its sibling is not`() async {
        let (one, other, gate) = (HandlerChild(), HandlerChild(), Gate())
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await one.run {
                    await gate.pass()
                    return Task.isCancelled
                }
            }
            await gate.arrival()
            one.cancel()
            #expect(await group.next() == true)
            group.addTask { await other.run { Task.isCancelled } }
            #expect(await group.next() == false)
        }
        #expect(one.isCancelled)
        #expect(!other.isCancelled)
    }

    @Test func `who is cancelled before the start finds it so`() async {
        let child = HandlerChild()
        child.cancel()
        let isCancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await child.run { Task.isCancelled } }
            return await group.next()
        }
        #expect(isCancelled == true)
    }

    @Test func `who is done is left alone, and so is what its task does next`() async {
        let child = HandlerChild()
        let isCancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await child.run {}
                child.cancel()
                return Task.isCancelled
            }
            return await group.next()
        }
        #expect(isCancelled == false)
        #expect(child.isCancelled)
    }

    @Test func `a cancellation handler may ask for the cancellation, too`() async {
        let (child, gate) = (HandlerChild(), Gate())
        let calls = Recorder<Bool>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await child.run {
                    await withTaskCancellationHandler {
                        await gate.pass()
                    } onCancel: {
                        calls.append([Task.isCancelled])
                        child.cancel()
                        #expect(child.isCancelled)
                    }
                }
            }
            await gate.arrival()
            child.cancel()
        }
        #expect(calls.values.count == 1)
    }

    /// Whoever comes first, the work ends once, and nobody touches a task that has ended.
    @Test func `cancellation and end may meet`() async {
        for _ in 0..<2_000 {
            let child = HandlerChild()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await child.run { await Task.yield() } }
                group.addTask { child.cancel() }
                group.addTask { child.cancel() }
            }
            #expect(child.isCancelled)
        }
    }
}
