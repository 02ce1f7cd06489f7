import com.rabbitmq.client.*;
import java.io.IOException;
import java.util.*;
import java.util.concurrent.*;

/** A worker in Java with RabbitMQ's client, from the worker protocol alone: java Worker [ACTIVITY...] */
public final class Worker {
    static final String PREFIX = env("BATON_PREFIX", "baton");
    static final String NAME = env("BATON_WORKER_IDENTITY", "java:" + ProcessHandle.current().pid());
    static final int PREFETCH = Integer.parseInt(env("BATON_WORKER_PREFETCH", "10"));
    static final double LEASE = Double.parseDouble(env("BATON_WORKER_LEASE", "600"));
    static final double DRAIN = Double.parseDouble(env("BATON_WORKER_DRAIN_TIMEOUT", "25"));
    static final ExecutorService THREADS = Executors.newCachedThreadPool();
    static volatile boolean isStopping, isReturned;
    static volatile Channel channel; // of the connection that there is

    static String env(String key, String fallback) {
        String value = System.getenv(key);
        return value == null || value.isEmpty() ? fallback : value;
    }

    static String queue(String activity) { return PREFIX + ".activity." + activity; }

    /** Returns when the broker has confirmed it; tries again while broker or results queue are away. */
    static void answer(Task task, String kind, byte[] body) throws InterruptedException {
        var properties = new AMQP.BasicProperties.Builder().type(kind).correlationId(task.properties.getCorrelationId())
            .deliveryMode(2).contentType("application/json").headers(Map.of("baton-protocol", 1, "baton-worker", NAME)).build();
        for (; !task.job.isCancelled(); Thread.sleep(1000))
            synchronized (Worker.class) { // one message at a time, so that what comes back is known to be that one
                try {
                    isReturned = false;
                    channel.basicPublish("", task.properties.getReplyTo(), true, properties, body);
                    if (channel.waitForConfirms(30_000) && !isReturned) return;
                } catch (IOException | TimeoutException | ShutdownSignalException lost) {
                    // Over the next connection.
                }
            }
    }

    /** Works until the connection is lost or the worker is to stop. */
    static void serve(Connection connection, String[] activities) throws Exception {
        var on = channel = connection.createChannel();
        var isLost = new CountDownLatch(1);
        on.addShutdownListener(cause -> isLost.countDown());
        on.addReturnListener(message -> isReturned = true); // comes before the confirm
        on.confirmSelect();
        on.basicQos(PREFETCH);
        for (var activity : activities) on.queueDeclare(queue(activity), true, false, false, Map.of("x-queue-type", "quorum"));
        try {
            var other = connection.createChannel();
            other.exchangeDeclare(PREFIX + ".control", "fanout", true);
            other.exchangeDeclare(PREFIX + ".tasks", "direct", true);
            for (var activity : activities) other.queueBind(queue(activity), PREFIX + ".tasks", "activity." + activity);
            other.close();
        } catch (IOException refusal) { // 403: a user who may not do that leaves it to the orchestrator
            if (!String.valueOf(refusal.getCause()).contains("403")) throw refusal;
        }
        String control = PREFIX + ".control." + UUID.randomUUID();
        on.queueDeclare(control, false, true, true, null);
        on.queueBind(control, PREFIX + ".control", "");
        on.basicConsume(control, true, (tag, message) -> {
            var token = message.getProperties().getCorrelationId();
            var task = token == null ? null : Task.ALL.get(token);
            if (task != null) task.job.cancel(true);
        }, tag -> {});
        for (var activity : activities)
            on.basicConsume(queue(activity), false, activity,
                (tag, delivery) -> Task.take(on, delivery, Handlers.ALL.get(activity)),
                tag -> isLost.countDown()); // the queue was deleted: connect and declare it again
        while (!isStopping) if (isLost.await(100, TimeUnit.MILLISECONDS)) throw new IOException("the queue is lost");
        for (var activity : activities) on.basicCancel(activity);
        long by = System.nanoTime() + (long) (DRAIN * 1e9);
        while (!Task.ALL.isEmpty() && System.nanoTime() < by && on.isOpen()) Thread.sleep(50);
    }

    public static void main(String[] arguments) throws Exception {
        for (var name : List.of("TERM", "INT")) sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> isStopping = true);
        var factory = new ConnectionFactory();
        String url = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/");
        factory.setUri(url.replaceAll("(?<=[^/])/$", "")); // a "/" at the end would be the host named ""
        factory.setAutomaticRecoveryEnabled(false); // after it, answers that were lost would not be sent again
        while (!isStopping)
            try (var connection = factory.newConnection(NAME)) {
                serve(connection, arguments.length > 0 ? arguments : new String[] {"greet"});
            } catch (IOException | TimeoutException | ShutdownSignalException problem) {
                System.err.println("connecting again after " + problem);
                Thread.sleep(1000);
            }
        System.exit(0);
    }
}
