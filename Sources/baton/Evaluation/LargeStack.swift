#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A thread for expressions that call themselves: what the system gives the main thread is used up by a few thousand
/// levels.
enum LargeStack {
    static let size = 256 << 20
    /// What an evaluation may take of it; the rest is for releasing deep values and for writing them.
    static let usable = 160 << 20

    /// Does some work on such a thread, and waits for it.
    static func run<Result>(_ work: @escaping () throws(CommandError) -> Result) throws(CommandError) -> Result {
        var result: Swift.Result<Result, CommandError>?
        try perform {
            do throws(CommandError) {
                result = .success(try work())
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { throw CommandError(.failed, "The evaluation's thread ended without a result.") }
        return try result.get()
    }

    private static func perform(_ work: @escaping () -> Void) throws(CommandError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, size)
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let context = Unmanaged.passRetained(Work(work)).toOpaque()
        guard pthread_create(&thread, &attributes, threadMain, context) == 0 else {
            Unmanaged<Work>.fromOpaque(context).release()
            throw CommandError(.failed, "Cannot start a thread with \(size >> 20) MiB of stack.")
        }
        #if canImport(Darwin)
        if let thread { pthread_join(thread, nil) }
        #else
        pthread_join(thread, nil)
        #endif
    }

    fileprivate final class Work {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
}

#if canImport(Darwin)
private func threadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<LargeStack.Work>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#else
private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<LargeStack.Work>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
#endif
