# A worker in Ruby with bunny, from the worker protocol alone: ruby worker.rb [ACTIVITY...]
require 'bunny'
require 'json'
require 'securerandom'
require_relative 'handlers'

URL = ENV.fetch('BATON_AMQP_URL', 'amqp://guest:guest@localhost:5672/').chomp('/') # bunny: / is the host named ''
PREFIX, NAME = ENV.fetch('BATON_PREFIX', 'baton'), ENV.fetch('BATON_WORKER_IDENTITY', "ruby:#{Process.pid}")
PREFETCH, LEASE = ENV.fetch('BATON_WORKER_PREFETCH', 10).to_i, ENV.fetch('BATON_WORKER_LEASE', 600).to_f
DRAIN = ENV.fetch('BATON_WORKER_DRAIN_TIMEOUT', 25).to_f
BROKEN = [Bunny::Exception, AMQ::Protocol::Error, Timeout::Error, IOError, SystemCallError].freeze
LOCK, TASKS = Monitor.new, {} # tasks by token, those that are not answered yet; the lock is theirs and the channel's
Task = Struct.new(:properties, :deliveries, :cancelled)
Link = Struct.new(:error) { def raise(error) = self.error = error } # bunny would raise it in the main thread, anywhere

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

# Returns when the broker has confirmed the answer; tries again while broker or results queue are away.
def answer(task, kind, body = '')
  properties = { type: kind, correlation_id: task.properties.correlation_id, persistent: true, mandatory: true,
                 content_type: 'application/json', headers: { 'baton-protocol' => 1, 'baton-worker' => NAME } }
  until task.cancelled
    LOCK.synchronize do
      $returned = false
      $answers.publish(body, routing_key: task.properties.reply_to, **properties)
      return if $answers.channel.wait_for_confirms && !$returned
    rescue *BROKEN
      nil
    end
    sleep 1
  end
end

# On a channel that is closed there is nothing to acknowledge: the broker has taken the task back.
def acknowledge(task)
  LOCK.synchronize { task.deliveries.shift(100).each { |channel, tag| channel.ack(tag) if channel.open? } }
rescue *BROKEN
  nil
end

def result(task, handler, body)
  version = (task.properties.headers || {}).fetch('baton-protocol', 1)
  raise Failure.new('InvalidTask', "protocol version #{version}; this worker speaks 1") unless version.to_i == 1

  input = begin JSON.parse(body.force_encoding('UTF-8')) rescue raise Failure.new('InvalidInput', 'not JSON') end
  ['success', JSON.generate(handler.call(input, task))]
rescue StandardError => e
  error = e.is_a?(Failure) ? e.error : e.class.name
  ['failure', JSON.generate({ error: error[0, 256], cause: e.message.to_s.scrub[0, 32_768] })]
end

def work(task, handler, body)
  lease_end = now + LEASE
  interval = [(task.properties.headers || {}).fetch('baton-heartbeat-seconds', LEASE).to_f, LEASE].min / 3
  job = Thread.new { result(task, handler, body) }
  until task.cancelled || job.join(interval)
    answer(task, 'heartbeat')
    acknowledge(task) if now >= lease_end # from now on heartbeats alone keep the task
  end
  answer(task, *job.value)
  LOCK.synchronize { TASKS.delete(task.properties.correlation_id) }
  acknowledge(task)
end

def on_task(channel, tag, properties, body, handler)
  token = properties.correlation_id
  return channel.reject(tag) unless token && properties.reply_to # nobody to answer: the broker's policies see to it

  LOCK.synchronize do
    copy = TASKS[token] # one that is being worked on is acknowledged with it
    task = TASKS[token] ||= Task.new(properties, [], false)
    task.deliveries << [channel, tag]
    Thread.new { work(task, handler, body) } unless copy
  end
end

def serve(connection, link, activities)
  channel = connection.create_channel
  channel.confirm_select
  channel.prefetch(PREFETCH)
  $answers = channel.default_exchange
  $answers.on_return { $returned = true } # comes before the confirm
  quorum = { durable: true, arguments: { 'x-queue-type' => 'quorum' } }
  queues = activities.to_h { |name| [name, channel.queue("#{PREFIX}.activity.#{name}", **quorum)] }
  begin
    other = connection.create_channel
    other.fanout("#{PREFIX}.control", durable: true)
    other.direct("#{PREFIX}.tasks", durable: true)
    queues.each { |name, queue| other.queue_bind(queue.name, "#{PREFIX}.tasks", routing_key: "activity.#{name}") }
  rescue Bunny::AccessRefused
    nil # a user who may not do that leaves it to the orchestrator
  end
  control = channel.queue("#{PREFIX}.control.#{SecureRandom.uuid}", exclusive: true).bind("#{PREFIX}.control")
  control.subscribe { |_, properties, _| LOCK.synchronize { TASKS[properties.correlation_id]&.cancelled = true } }
  gone = false # a queue was deleted: connect and declare it again
  consumers = queues.map do |name, queue|
    queue.subscribe(manual_ack: true, on_cancellation: ->(_) { gone = true }) do |delivery, properties, body|
      on_task(channel, delivery.delivery_tag, properties, body, HANDLERS.fetch(name))
    end
  end
  sleep 0.05 until $stop_by || gone || link.error
  raise link.error if link.error

  consumers.each(&:cancel) if $stop_by
  sleep 0.05 until TASKS.empty? || link.error || now > $stop_by if $stop_by
end

%w[TERM INT].each { |signal| trap(signal) { $stop_by ||= now + DRAIN } }
until $stop_by && (TASKS.empty? || now > $stop_by)
  begin
    connection = Bunny.new(URL, automatically_recover: false, continuation_timeout: 5000, log_level: :fatal,
                                session_error_handler: link = Link.new).start
    serve(connection, link, ARGV.empty? ? ['greet'] : ARGV)
  rescue *BROKEN => e
    warn "connecting again after #{e.class}: #{e.message}"
    sleep 1
  ensure
    connection.close if connection&.open? && !link.error
  end
end
