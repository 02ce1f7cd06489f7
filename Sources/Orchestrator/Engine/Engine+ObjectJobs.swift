import Interpreter
import JSONValue

/// What map runs need of an object store: some at a time, beside the engine's thread. A job that the process did not
/// live to finish is done again after the restart.
extension Engine {
    func runObjectJobs() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await job in jobs.stream {
                if running == objectJobs {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { await self.run(job) }
            }
        }
    }

    private func run(_ job: MapRunJob) async {
        switch job {
        case .read(let mapRun, let request): await read(request, for: mapRun)
        case .write(let run, let results, let destination):
            let export = ResultExport(
                run: run, results: results, destination: destination, store: store, objects: objects)
            let result: Result<JSON, MapItemFailure>
            do throws(ResultExportFailure) {
                result = .success(try await export.write())
            } catch {
                result = .failure(
                    MapItemFailure(failure: StateFailure(error: "States.ResultWriterFailed", cause: error.cause)))
            }
            guard !Task.isCancelled else { return }
            submit(.resultsWritten(mapRun: run.number, result))
        }
    }

    private func read(_ request: MapRunPlan.ObjectRequest, for mapRun: Int64) async {
        var first = 0
        func hand(_ content: MapItemsPortion.Content) async throws(ServiceError) {
            let portion = MapItemsPortion(mapRun: mapRun, first: first, content: content)
            if case .items(let count, _) = content { first += count }
            try await ask { .mapItems(portion, $0) }
        }
        let source = ItemSource(request: request, objects: objects, limit: itemSourceBytes)
        var last = MapItemsPortion.Content.end
        do throws(ItemSourceFailure) {
            try await source.read { count, items throws(ItemSourceFailure) in
                do throws(ServiceError) {
                    try await hand(.items(count: count, bytes: items))
                } catch {
                    throw ItemSourceFailure(error.message)
                }
            }
        } catch {
            last = .failure(StateFailure(error: "States.ItemReaderFailed", cause: error.cause))
        }
        guard !Task.isCancelled else { return }
        try? await hand(last)
    }
}
