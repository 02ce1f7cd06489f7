import JSONValue
import Orchestrator
import Telemetry

/// The GetActivityTask calls that wait: each ends with a task, by its time-out, when its client hangs up, or when the
/// server shuts down.
struct LongPolls: Sendable {
    let timeout: Duration
    let shutdown: OneShot
    let waiting: Gauge

    /// Lets time pass; false where the client hung up or the server shuts down before.
    func pause(for duration: Duration, hangUp: OneShot) async -> Bool {
        let ended = OneShot()
        let registrations = [hangUp, shutdown].map { $0.whenFired { ended.fire() } }
        defer { for registration in registrations { registration.cancel() } }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await Task.sleep(for: duration)) != nil }
            group.addTask {
                await ended.wait()
                return false
            }
            let hasPassed = await group.next() ?? false
            group.cancelAll()
            return hasPassed
        }
    }

    /// Returns nil where no task came. A task that came in the same moment as the end is returned all the same.
    func poll(
        hangUp: OneShot, _ take: @escaping @Sendable (Duration) async throws(ServiceError) -> HandedOutTask?
    ) async throws(ServiceError) -> HandedOutTask? {
        let ended = OneShot()
        let registrations = [hangUp, shutdown].map { $0.whenFired { ended.fire() } }
        waiting.increment()
        defer {
            waiting.decrement()
            for registration in registrations { registration.cancel() }
        }
        let outcome: Result<HandedOutTask?, ServiceError> = await withTaskGroup { group in
            group.addTask { () async -> Result<HandedOutTask?, ServiceError>? in
                do throws(ServiceError) {
                    return .success(try await take(timeout))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { () async -> Result<HandedOutTask?, ServiceError>? in
                await ended.wait()
                return nil
            }
            var outcome: Result<HandedOutTask?, ServiceError> = .success(nil)
            for await result in group {
                if let result { outcome = result }
                group.cancelAll()
            }
            return outcome
        }
        return try outcome.get()
    }
}
