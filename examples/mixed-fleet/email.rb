# Email in Ruby: the handler; the protocol is in workers/ruby. Mails are files in MAIL_FOLDER.
require 'digest'
require 'fileutils'
require_relative '../../workers/ruby/handlers'

MAIL_FOLDER = ENV.fetch('MAIL_FOLDER', 'mail')

HANDLERS['email-send-welcome'] = lambda do |order, _task|
  user, address, name = order.values_at('userId', 'email', 'name')
  raise Failure.new('Email.InvalidAddress', "#{address} is no address") unless address.to_s.match?(/\A[^@\s]+@[^@\s]+\z/)

  # Named by what it is about: a task that comes twice writes the same file.
  id = Digest::SHA256.hexdigest("welcome #{user}")[0, 24]
  FileUtils.mkdir_p(MAIL_FOLDER)
  File.write(File.join(MAIL_FOLDER, "#{id}.eml"), "To: #{address}\nSubject: Welcome, #{name}\n\nGood that you are here.\n")
  { messageId: id }
end

ARGV.replace(['email-send-welcome'])
load File.join(__dir__, '../../workers/ruby/worker.rb')
