import com.google.gson.*;
import com.google.gson.stream.*;
import com.rabbitmq.client.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

/** A worker in Java with RabbitMQ's client, from the worker protocol alone: java Worker [ACTIVITY...] */
public final class Worker {
    static final String PREFIX = env("BATON_PREFIX", "baton");
    static final String NAME = env("BATON_WORKER_IDENTITY", "java:" + ProcessHandle.current().pid());
    static final int PREFETCH = Integer.parseInt(env("BATON_WORKER_PREFETCH", "10"));
    static final double LEASE = Double.parseDouble(env("BATON_WORKER_LEASE", "600"));
    static final double DRAIN = Double.parseDouble(env("BATON_WORKER_DRAIN_TIMEOUT", "25"));
    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();
    static final ExecutorService threads = Executors.newCachedThreadPool();
    static final CountDownLatch stop = new CountDownLatch(1);

    /** By token. When the connection is lost they are interrupted, and the broker gives them to the next one. */
    final Map<String, Future<byte[]>> tasks = new ConcurrentHashMap<>();
    final CountDownLatch end = new CountDownLatch(1);
    final Channel channel;
    volatile boolean returned;

    Worker(Channel channel) { this.channel = channel; }

    static String env(String key, String fallback) {
        String value = System.getenv(key);
        return value == null || value.isEmpty() ? fallback : value;
    }

    /** Returns when the broker has confirmed it; tries again while there is no results queue. */
    void answer(Delivery task, String kind, byte[] body) throws Exception {
        var properties = new AMQP.BasicProperties.Builder().type(kind).correlationId(task.getProperties().getCorrelationId())
            .deliveryMode(2).contentType("application/json").headers(Map.of("baton-protocol", 1, "baton-worker", NAME)).build();
        while (true) {
            synchronized (channel) { // one message at a time, so that what comes back is known to be that one
                returned = false;
                channel.basicPublish("", task.getProperties().getReplyTo(), true, properties, body);
                if (channel.waitForConfirms(30_000) && !returned) return;
            }
            Thread.sleep(1000);
        }
    }

    void work(Delivery task, Handlers.Handler handler) {
        String token = task.getProperties().getCorrelationId();
        long tag = task.getEnvelope().getDeliveryTag();
        try {
            if (token == null || task.getProperties().getReplyTo() == null) {
                channel.basicReject(tag, false); // nobody to answer: the broker's policies see to it
                return;
            }
            var kind = new String[] {"success"};
            var job = new FutureTask<>(() -> run(task, handler, kind));
            boolean isCopy = tasks.putIfAbsent(token, job) != null; // of what is being worked on
            if (!isCopy) threads.execute(job);
            if (isCopy || !follow(task, job, kind)) channel.basicAck(tag, false);
            tasks.remove(token, job);
        } catch (Exception lost) {
            end.countDown();
        }
    }

    /** Sends heartbeats, then the answer; true when the task was acknowledged meanwhile. */
    boolean follow(Delivery task, Future<byte[]> job, String[] kind) throws Exception {
        Object heartbeat = header(task, "baton-heartbeat-seconds");
        double interval = heartbeat == null ? LEASE : Math.min(Double.parseDouble(heartbeat.toString()), LEASE);
        long leaseEnd = System.nanoTime() + (long) (LEASE * 1e9);
        boolean released = false;
        while (true) {
            try {
                byte[] body = job.get((long) (interval / 3 * 1000), TimeUnit.MILLISECONDS);
                answer(task, kind[0], body);
                return released;
            } catch (CancellationException nobodyWaits) {
                return released; // nothing is answered
            } catch (TimeoutException working) {
                answer(task, "heartbeat", new byte[0]);
                if (!released && System.nanoTime() >= leaseEnd) {
                    channel.basicAck(task.getEnvelope().getDeliveryTag(), false); // from now on heartbeats alone keep it
                    released = true;
                }
            }
        }
    }

    static Object header(Delivery task, String name) {
        var headers = task.getProperties().getHeaders();
        return headers == null ? null : headers.get(name);
    }

    static byte[] run(Delivery task, Handlers.Handler handler, String[] kind) {
        JsonElement output;
        try {
            Object version = header(task, "baton-protocol");
            if (version != null && !version.toString().equals("1"))
                throw new Handlers.Failure("InvalidTask", "protocol version " + version + "; this worker speaks 1");
            output = handler.handle(parse(task.getBody()), task.getProperties().getMessageId());
        } catch (Exception problem) {
            kind[0] = "failure";
            var failure = new JsonObject();
            failure.addProperty("error",
                problem instanceof Handlers.Failure ? ((Handlers.Failure) problem).error : problem.getClass().getSimpleName());
            failure.addProperty("cause", String.valueOf(problem.getMessage()));
            output = failure;
        }
        return GSON.toJson(output).getBytes(StandardCharsets.UTF_8);
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

    /** Works until the connection is lost or the worker is to stop. */
    static void serve(Connection connection, String[] activities) throws Exception {
        var worker = new Worker(connection.createChannel());
        var channel = worker.channel;
        channel.addShutdownListener(cause -> worker.end.countDown());
        channel.addReturnListener(message -> worker.returned = true); // comes before the confirm
        channel.confirmSelect();
        channel.basicQos(PREFETCH);
        for (String activity : activities)
            channel.queueDeclare(PREFIX + ".activity." + activity, true, false, false, Map.of("x-queue-type", "quorum"));
        try {
            var other = connection.createChannel();
            other.exchangeDeclare(PREFIX + ".tasks", "direct", true);
            other.exchangeDeclare(PREFIX + ".control", "fanout", true);
            for (String activity : activities)
                other.queueBind(PREFIX + ".activity." + activity, PREFIX + ".tasks", "activity." + activity);
            other.close();
        } catch (IOException refusal) { // 403: a user who may not leaves it to the orchestrator
            if (!String.valueOf(refusal.getCause()).contains("403")) throw refusal;
        }
        String control = PREFIX + ".control." + UUID.randomUUID();
        channel.queueDeclare(control, false, true, true, null);
        channel.queueBind(control, PREFIX + ".control", "");
        channel.basicConsume(control, true, (tag, message) -> {
            String token = message.getProperties().getCorrelationId();
            Future<byte[]> task = token == null ? null : worker.tasks.get(token);
            if (task != null) task.cancel(true);
        }, tag -> {});
        for (String activity : activities) {
            String queue = PREFIX + ".activity." + activity;
            var handler = Handlers.ALL.get(activity);
            channel.basicConsume(queue, false, activity,
                (tag, task) -> threads.execute(() -> worker.work(task, handler)),
                tag -> worker.end.countDown()); // the queue was deleted: connect and declare it again
        }
        while (!worker.end.await(100, TimeUnit.MILLISECONDS) && stop.getCount() > 0) {}
        if (stop.getCount() == 0 && channel.isOpen()) {
            for (String activity : activities) channel.basicCancel(activity);
            long by = System.nanoTime() + (long) (DRAIN * 1e9);
            while (!worker.tasks.isEmpty() && System.nanoTime() < by && channel.isOpen()) Thread.sleep(50);
        }
        worker.tasks.values().forEach(task -> task.cancel(true));
    }

    public static void main(String[] arguments) throws Exception {
        for (String name : List.of("TERM", "INT"))
            sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> stop.countDown());
        var factory = new ConnectionFactory();
        String url = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/");
        factory.setUri(url.replaceAll("(?<=[^/])/$", "")); // a "/" at the end would be the host named ""
        factory.setAutomaticRecoveryEnabled(false); // after it, answers that were lost would not be sent again
        while (stop.getCount() > 0) {
            try (var connection = factory.newConnection(NAME)) {
                serve(connection, arguments.length > 0 ? arguments : new String[] {"greet"});
            } catch (IOException | TimeoutException | ShutdownSignalException problem) {
                System.err.println("connecting again after " + problem);
            }
            stop.await(1, TimeUnit.SECONDS);
        }
        System.exit(0);
    }
}
