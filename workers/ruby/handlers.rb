# What the worker can do: yours goes here. A handler takes the input and the task, and returns the output.

# Fails the task; Retry and Catch match the error.
class Failure < StandardError
  attr_reader :error

  def initialize(error, cause = '')
    super(cause)
    @error = error
  end
end

HANDLERS = {
  'greet' => lambda do |person, task|
    name = person.is_a?(Hash) ? person['name'].to_s : ''
    raise Failure.new('Greeting.NoName', 'a greeting needs a name') if name.empty?

    stop_at = Time.now + person.fetch('seconds', 0) # some greetings take their time
    sleep 0.02 until Time.now >= stop_at || task.cancelled
    { text: "Hello, #{name}!" }
  end,

  # For `baton worker check`.
  'check' => lambda do |input, task|
    raise Failure.new(input['error'], input['cause']) if input['check'] == 'fail'

    stop_at = Time.now + input.fetch('seconds', 0)
    sleep 0.02 until Time.now >= stop_at || task.cancelled
    input
  end
}
