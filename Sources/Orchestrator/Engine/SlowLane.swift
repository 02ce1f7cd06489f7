import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A few threads for computations that take long, first come, first served. They are started with the first of these,
/// and sleep while there is none.
///
/// Threads of their own, because deep recursion needs more stack than a thread pool's threads have for certain.
final class SlowLane: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var threads = 0
        var isClosed = false
    }

    private let count: Int
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// An expression takes 4 MiB at the most (`EvaluationLimits.defaultStack`); releasing what it made takes some more.
    private static let stackSize = 16 << 20

    init(threads count: Int) { self.count = max(1, count) }

    func submit(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            guard !state.isClosed else { return false }
            state.jobs.append(job)
            guard state.threads < count else { return false }
            state.threads += 1
            return true
        }
        if starts, !startThread() { state.withLock { $0.threads -= 1 } }
        work.signal()
    }

    /// Takes nothing more, drops what was not begun, and returns when the threads have ended.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            state.jobs = []
            return state.threads
        }
        for _ in 0..<threads { work.signal() }
        for _ in 0..<threads { ended.wait() }
    }

    fileprivate func run() {
        while true {
            work.wait()
            let (job, isClosed) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isClosed)
            }
            job?()
            if isClosed { break }
        }
        ended.signal()
    }

    private func startThread() -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let context = Unmanaged.passRetained(self).toOpaque()
        guard pthread_create(&thread, &attributes, threadMain, context) == 0 else {
            Unmanaged<SlowLane>.fromOpaque(context).release()
            return false
        }
        return true
    }
}

// Plain functions: a closure written inside an isolated one would inherit that isolation, and trap on another thread.
#if canImport(Darwin)
private func threadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<SlowLane>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#else
private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<SlowLane>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
#endif
