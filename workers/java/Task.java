import com.google.gson.*;
import com.google.gson.stream.*;
import com.rabbitmq.client.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

/** What happens to a task: taken, worked on with heartbeats, answered, acknowledged. It outlives a connection. */
final class Task implements Runnable {
    record Answer(String kind, byte[] body) {}

    record Copy(Channel on, long tag) {}

    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();
    static final Map<String, Task> ALL = new ConcurrentHashMap<>(); // by token
    final AMQP.BasicProperties properties;
    final FutureTask<Answer> job;
    final Queue<Copy> copies = new ConcurrentLinkedQueue<>(); // to be acknowledged

    Task(Delivery delivery, Handlers.Handler handler) {
        properties = delivery.getProperties();
        job = new FutureTask<>(() -> result(delivery.getBody(), handler));
    }

    static void take(Channel channel, Delivery delivery, Handlers.Handler handler) throws IOException {
        var properties = delivery.getProperties();
        long tag = delivery.getEnvelope().getDeliveryTag();
        if (properties.getCorrelationId() == null || properties.getReplyTo() == null) {
            channel.basicReject(tag, false); // nobody to answer: the broker's policies see to it
            return;
        }
        ALL.compute(properties.getCorrelationId(), (token, known) -> { // a copy is acknowledged with the first
            var task = known == null ? new Task(delivery, handler) : known;
            task.copies.add(new Copy(channel, tag));
            if (known == null) Worker.THREADS.execute(task);
            return task;
        });
    }

    public void run() {
        Worker.THREADS.execute(job);
        double interval = Math.min(number("baton-heartbeat-seconds", Worker.LEASE), Worker.LEASE) / 3;
        long leaseEnd = System.nanoTime() + (long) (Worker.LEASE * 1e9);
        try {
            while (!job.isDone()) {
                try {
                    job.get((long) (interval * 1000), TimeUnit.MILLISECONDS);
                } catch (TimeoutException working) {
                    Worker.answer(this, "heartbeat", new byte[0]);
                    if (System.nanoTime() >= leaseEnd) acknowledge(); // from now on heartbeats alone keep the task
                }
            }
            Worker.answer(this, job.get().kind, job.get().body);
        } catch (CancellationException | InterruptedException | ExecutionException nobodyWaits) {
            // Nothing is answered.
        }
        ALL.remove(properties.getCorrelationId());
        acknowledge();
    }

    void acknowledge() {
        for (Copy copy; (copy = copies.poll()) != null; )
            try {
                copy.on.basicAck(copy.tag, false);
            } catch (IOException | ShutdownSignalException lost) {
                // The broker has taken the task back, and delivers it again.
            }
    }

    Answer result(byte[] input, Handlers.Handler handler) {
        JsonElement output;
        try {
            double version = number("baton-protocol", 1);
            if (version != 1) throw new Handlers.Failure("InvalidTask", "protocol version " + version + "; this worker speaks 1");
            output = handler.handle(parse(input), properties.getMessageId());
            return new Answer("success", GSON.toJson(output).getBytes(StandardCharsets.UTF_8));
        } catch (Exception problem) {
            String error = problem instanceof Handlers.Failure failure ? failure.error : problem.getClass().getSimpleName();
            var failure = Map.of("error", error, "cause", String.valueOf(problem.getMessage()));
            return new Answer("failure", GSON.toJson(failure).getBytes(StandardCharsets.UTF_8));
        }
    }

    double number(String header, double fallback) {
        var headers = properties.getHeaders();
        Object value = headers == null ? null : headers.get(header);
        return value == null ? fallback : Double.parseDouble(value.toString());
    }

    static JsonElement parse(byte[] body) throws Handlers.Failure {
        try (var reader = new JsonReader(
                new StringReader(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString()))) {
            JsonElement value = GSON.getAdapter(JsonElement.class).read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) throw new IOException("more than one value");
            return value;
        } catch (IOException | JsonParseException problem) {
            throw new Handlers.Failure("InvalidInput", "the input is not JSON: " + problem.getMessage());
        }
    }
}
