import Dispatch

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// SIGTERM and SIGINT of this process.
enum StopSignals {
    /// One value per signal. While anybody listens, the signals do not end the process by themselves.
    static func stream() -> AsyncStream<Void> {
        let (stream, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(4))
        // Dispatch's sources may be used on any thread; only their protocol does not say so.
        nonisolated(unsafe) let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { feed.yield() }
            source.resume()
            return source
        }
        feed.onTermination = { _ in
            for source in sources { source.cancel() }
        }
        return stream
    }
}
