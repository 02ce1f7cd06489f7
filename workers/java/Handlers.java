import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;

/** What the worker can do: yours goes here. A thread that is interrupted works on something nobody waits for any more. */
final class Handlers {
    interface Handler {
        /** @param id the same for every delivery of this attempt */
        JsonElement handle(JsonElement input, String id) throws Exception;
    }

    /** Fails the task; Retry and Catch match the error. */
    static final class Failure extends Exception {
        final String error;

        Failure(String error, String cause) {
            super(cause);
            this.error = error;
        }
    }

    static final Map<String, Handler> ALL = Map.of("greet", Handlers::greet, "check", Handlers::check);

    static JsonElement greet(JsonElement input, String id) throws Exception {
        JsonObject person = input.isJsonObject() ? input.getAsJsonObject() : new JsonObject();
        String name = person.has("name") ? person.get("name").getAsString() : "";
        if (name.isEmpty()) throw new Failure("Greeting.NoName", "a greeting needs a name");
        rest(person); // some greetings take their time
        JsonObject greeting = new JsonObject();
        greeting.addProperty("text", "Hello, " + name + "!");
        return greeting;
    }

    /** For `baton worker check`. */
    static JsonElement check(JsonElement input, String id) throws Exception {
        JsonObject order = input.getAsJsonObject();
        if (order.get("check").getAsString().equals("fail"))
            throw new Failure(order.get("error").getAsString(), order.get("cause").getAsString());
        rest(order);
        return input;
    }

    private static void rest(JsonObject input) throws InterruptedException {
        if (input.has("seconds")) Thread.sleep((long) (input.get("seconds").getAsDouble() * 1000));
    }
}
