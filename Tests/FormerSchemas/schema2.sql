-- A database of schema 2 with open executions.
-- The rows that a server of schema 3 wrote and schema 2 has columns for; what it wrote of nested executions, redrives
-- and the rest is the same.
PRAGMA application_id = 1113683054;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE activities (
    arn TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:work','work',1795393276959558);
CREATE TABLE checkpoints (
    execution INTEGER PRIMARY KEY REFERENCES executions (key),
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE executions (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state_machine INTEGER NOT NULL REFERENCES state_machines (number),
    revision INTEGER NOT NULL REFERENCES revisions (number),
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    stopped_at INTEGER,
    partition INTEGER NOT NULL,
    redrive_count INTEGER NOT NULL,
    role_arn TEXT NOT NULL,
    trace_header TEXT,
    reply_queue TEXT,
    reply_correlation_id TEXT,
    error TEXT,
    cause TEXT,
    input TEXT NOT NULL,
    output TEXT
, redriven_at INTEGER, redrive_tokens TEXT) STRICT;
INSERT INTO "executions" VALUES(1,'arn:aws:states:us-east-1:000000000000:execution:task:done','done',1,1,'SUCCEEDED',1795393277091697,1795393277126136,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 0}','{"n":0,"a":{"x":1},"b":1}',NULL,NULL);
INSERT INTO "executions" VALUES(2,'arn:aws:states:us-east-1:000000000000:execution:task:failed','failed',1,1,'FAILED',1795393277145112,1795393277237567,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,'E','why','{"n": 0}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(3,'arn:aws:states:us-east-1:000000000000:execution:retry:retrying','retrying',5,5,'RUNNING',1795393277249880,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 5}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(4,'arn:aws:states:us-east-1:000000000000:execution:task:taken','taken',1,1,'RUNNING',1795393277314303,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 1}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(5,'arn:aws:states:us-east-1:000000000000:execution:task:published','published',1,1,'RUNNING',1795393277333892,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 2}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(6,'arn:aws:states:us-east-1:000000000000:execution:wait:waiting','waiting',2,2,'RUNNING',1795393277346253,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 3}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(7,'arn:aws:states:us-east-1:000000000000:execution:parallel:branches','branches',3,3,'RUNNING',1795393277365032,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 4}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(8,'arn:aws:states:us-east-1:000000000000:execution:map:items','items',4,4,'RUNNING',1795393277392110,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"items": [1, 2, 3]}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(9,'arn:aws:states:us-east-1:000000000000:execution:nested:nested','nested',6,6,'RUNNING',1795393277405131,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 6}',NULL,NULL,NULL);
INSERT INTO "executions" VALUES(10,'arn:aws:states:us-east-1:000000000000:execution:wait:6b8bc8f3-9854-4e6e-93e7-ebbccb93d1d8','6b8bc8f3-9854-4e6e-93e7-ebbccb93d1d8',2,2,'RUNNING',1795393277405131,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"from":"nested"}',NULL,NULL,NULL);
CREATE TABLE functions (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions (key),
    sequence INTEGER NOT NULL,
    first_id INTEGER,
    last_id INTEGER,
    time INTEGER NOT NULL,
    events TEXT NOT NULL
) STRICT;
INSERT INTO "journal" VALUES(1,1,0,1,3,1795393277091697,'[{"id":1,"previous":0,"time":1795393277091697,"scope":0,"type":"ExecutionStarted","input":{"n":0},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277091697,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":0}},
{"id":3,"previous":2,"time":1795393277091697,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"4e971e1b51d117b1d50a900b571e4b07","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":0},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993277091697},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(2,1,1,4,4,1795393277113972,'[{"id":4,"previous":3,"time":1795393277113972,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","worker":"w"},
{"previous":4,"time":1795393277113972,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193277113972}}]');
INSERT INTO "journal" VALUES(3,1,2,5,9,1795393277126136,'[{"id":5,"previous":4,"time":1795393277126136,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","output":{"x":1}},
{"id":6,"previous":5,"time":1795393277126136,"scope":0,"type":"TaskStateExited","state":"A","output":{"n":0,"a":{"x":1}},"next":"B"},
{"id":7,"previous":6,"time":1795393277126136,"scope":0,"type":"PassStateEntered","state":"B","input":{"n":0,"a":{"x":1}}},
{"id":8,"previous":7,"time":1795393277126136,"scope":0,"type":"PassStateExited","state":"B","output":{"n":0,"a":{"x":1},"b":1}},
{"id":9,"previous":8,"time":1795393277126136,"scope":0,"type":"ExecutionSucceeded","output":{"n":0,"a":{"x":1},"b":1}}]');
INSERT INTO "journal" VALUES(4,2,0,1,3,1795393277145112,'[{"id":1,"previous":0,"time":1795393277145112,"scope":0,"type":"ExecutionStarted","input":{"n":0},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277145112,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":0}},
{"id":3,"previous":2,"time":1795393277145112,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"3d60e85b503e0f9de8f797d72d069c61","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":0},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993277145112},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(5,2,1,4,4,1795393277189852,'[{"id":4,"previous":3,"time":1795393277189852,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work"},
{"previous":4,"time":1795393277189852,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193277189852}}]');
INSERT INTO "journal" VALUES(6,2,2,5,6,1795393277237567,'[{"id":5,"previous":4,"time":1795393277237567,"scope":0,"type":"ActivityFailed","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","error":"E","cause":"why"},
{"id":6,"previous":5,"time":1795393277237567,"scope":0,"type":"ExecutionFailed","error":"E","cause":"why"}]');
INSERT INTO "journal" VALUES(7,3,0,1,3,1795393277249880,'[{"id":1,"previous":0,"time":1795393277249880,"scope":0,"type":"ExecutionStarted","input":{"n":5},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277249880,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":5}},
{"id":3,"previous":2,"time":1795393277249880,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"d70d0b1b63c681b1753f36f019f227cf","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":5},"attempt":0}]');
INSERT INTO "journal" VALUES(8,3,1,4,4,1795393277283913,'[{"id":4,"previous":3,"time":1795393277283913,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work"}]');
INSERT INTO "journal" VALUES(9,3,2,5,5,1795393277308868,'[{"id":5,"previous":4,"time":1795393277308868,"scope":0,"type":"ActivityFailed","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","error":"E","cause":"why"},
{"previous":5,"time":1795393277308868,"scope":0,"type":"retryScheduled","retrier":0,"timer":{"timer":1,"due":1795396877308868}}]');
INSERT INTO "journal" VALUES(10,4,0,1,3,1795393277314303,'[{"id":1,"previous":0,"time":1795393277314303,"scope":0,"type":"ExecutionStarted","input":{"n":1},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277314303,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":1}},
{"id":3,"previous":2,"time":1795393277314303,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"43440d8e770e614ed474c306ab509bad","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":1},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993277314303},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(11,4,1,4,4,1795393277326446,'[{"id":4,"previous":3,"time":1795393277326446,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","worker":"w"},
{"previous":4,"time":1795393277326446,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193277326446}}]');
INSERT INTO "journal" VALUES(12,5,0,1,3,1795393277333892,'[{"id":1,"previous":0,"time":1795393277333892,"scope":0,"type":"ExecutionStarted","input":{"n":2},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277333892,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":2}},
{"id":3,"previous":2,"time":1795393277333892,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"576172331a0b70350083bf83dbd9c58c","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":2},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993277333892},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(13,6,0,1,2,1795393277346253,'[{"id":1,"previous":0,"time":1795393277346253,"scope":0,"type":"ExecutionStarted","input":{"n":3},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277346253,"scope":0,"type":"WaitStateEntered","state":"W","input":{"n":3}},
{"previous":2,"time":1795393277346253,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795396877346253}}]');
INSERT INTO "journal" VALUES(14,7,0,1,6,1795393277365032,'[{"id":1,"previous":0,"time":1795393277365032,"scope":0,"type":"ExecutionStarted","input":{"n":4},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277365032,"scope":0,"type":"ParallelStateEntered","state":"P","input":{"n":4}},
{"id":3,"previous":2,"time":1795393277365032,"scope":0,"type":"ParallelStateStarted","input":{"n":4}},
{"id":4,"previous":3,"time":1795393277365032,"scope":2,"type":"TaskStateEntered","state":"A","input":{"n":4}},
{"id":5,"previous":4,"time":1795393277365032,"scope":2,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"7716088d7fe824570dd53eb40b54c688","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":4},"attempt":0},
{"id":6,"previous":3,"time":1795393277365032,"scope":1,"type":"WaitStateEntered","state":"W","input":{"n":4}},
{"previous":6,"time":1795393277365032,"scope":1,"type":"waitStarted","timer":{"timer":1,"due":1795400477365032}}]');
INSERT INTO "journal" VALUES(15,8,0,1,9,1795393277392110,'[{"id":1,"previous":0,"time":1795393277392110,"scope":0,"type":"ExecutionStarted","input":{"items":[1,2,3]},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277392110,"scope":0,"type":"MapStateEntered","state":"M","input":{"items":[1,2,3]}},
{"id":3,"previous":2,"time":1795393277392110,"scope":0,"type":"MapStateStarted","items":[1,2,3],"maxConcurrency":2,"input":null},
{"id":4,"previous":3,"time":1795393277392110,"scope":0,"type":"MapIterationStarted","state":"M","index":0,"input":1},
{"id":5,"previous":4,"time":1795393277392110,"scope":1,"type":"TaskStateEntered","state":"A","input":1},
{"id":6,"previous":5,"time":1795393277392110,"scope":1,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"bc9a23c78433a778b27e9cab0ecb4b77","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":1,"attempt":0},
{"id":7,"previous":3,"time":1795393277392110,"scope":0,"type":"MapIterationStarted","state":"M","index":1,"input":2},
{"id":8,"previous":7,"time":1795393277392110,"scope":2,"type":"TaskStateEntered","state":"A","input":2},
{"id":9,"previous":8,"time":1795393277392110,"scope":2,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"fb69ee3a532b97226ae3a6a8af90fe6a","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":2,"attempt":0}]');
INSERT INTO "journal" VALUES(16,9,0,1,4,1795393277405131,'[{"id":1,"previous":0,"time":1795393277405131,"scope":0,"type":"ExecutionStarted","input":{"n":6},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277405131,"scope":0,"type":"TaskStateEntered","state":"N","input":{"n":6}},
{"id":3,"previous":2,"time":1795393277405131,"scope":0,"type":"TaskScheduled","task":1,"integration":"service:states","resource":"startExecution.sync:2","region":"us-east-1","secret":"2dacb8db085f3b52b312dae95ff2b638","service":"states","action":"startExecution","parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:wait","Input":{"from":"nested"}},"attempt":0},
{"id":4,"previous":3,"time":1795393277405131,"scope":0,"type":"TaskStarted","task":1,"integration":"service:states","resource":"startExecution.sync:2"}]');
INSERT INTO "journal" VALUES(17,10,0,1,2,1795393277405131,'[{"id":1,"previous":0,"time":1795393277405131,"scope":0,"type":"ExecutionStarted","input":{"from":"nested"},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277405131,"scope":0,"type":"WaitStateEntered","state":"W","input":{"from":"nested"}},
{"previous":2,"time":1795393277405131,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795396877405131}}]');
INSERT INTO "journal" VALUES(18,9,1,5,5,1795393277405131,'[{"id":5,"previous":4,"time":1795393277405131,"scope":0,"type":"TaskSubmitted","task":1,"integration":"service:states","resource":"startExecution.sync:2","output":{"ExecutionArn":"arn:aws:states:us-east-1:000000000000:execution:wait:6b8bc8f3-9854-4e6e-93e7-ebbccb93d1d8","StartDate":1795393277405,"SdkHttpMetadata":{"AllHttpHeaders":{"connection":["keep-alive"],"Content-Length":["134"],"Content-Type":["application/x-amz-json-1.0"],"Date":["Mon, 23 Nov 2026 00:21:17 GMT"],"x-amzn-RequestId":["23b0be1a-1797-45a0-9bb9-94d1cd7adf76"]},"HttpHeaders":{"connection":"keep-alive","Content-Length":"134","Content-Type":"application/x-amz-json-1.0","Date":"Mon, 23 Nov 2026 00:21:17 GMT","x-amzn-RequestId":"23b0be1a-1797-45a0-9bb9-94d1cd7adf76"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"23b0be1a-1797-45a0-9bb9-94d1cd7adf76"}}}]');
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_at','2026-11-23T00:21:16.459Z');
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    correlation_id TEXT,
    type TEXT NOT NULL,
    execution_arn TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE revisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    state_machine INTEGER NOT NULL REFERENCES state_machines (number),
    role_arn TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    definition TEXT NOT NULL
) STRICT;
INSERT INTO "revisions" VALUES(1,'',1,'arn:aws:iam::000000000000:role/r',1795393276983205,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "TimeoutSeconds": 3600000, "HeartbeatSeconds": 1800000, "ResultPath": "$.a", "Next": "B"}, "B": {"Type": "Pass", "Result": 1, "ResultPath": "$.b", "End": true}}}');
INSERT INTO "revisions" VALUES(2,'',2,'arn:aws:iam::000000000000:role/r',1795393277006543,'{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "Next": "A"}, "A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}');
INSERT INTO "revisions" VALUES(3,'',3,'arn:aws:iam::000000000000:role/r',1795393277034519,'{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": true}}}], "End": true}}}');
INSERT INTO "revisions" VALUES(4,'',4,'arn:aws:iam::000000000000:role/r',1795393277058497,'{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "Iterator": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, "End": true}}}');
INSERT INTO "revisions" VALUES(5,'',5,'arn:aws:iam::000000000000:role/r',1795393277083508,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 3600, "MaxAttempts": 2, "BackoffRate": 1}], "End": true}}}');
INSERT INTO "revisions" VALUES(6,'',6,'arn:aws:iam::000000000000:role/r',1795393277088170,'{"StartAt": "N", "States": {"N": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:wait", "Input": {"from": "nested"}}, "End": true}}}');
CREATE TABLE state_machines (
    number INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER REFERENCES revisions (number),
    settings TEXT NOT NULL
) STRICT;
INSERT INTO "state_machines" VALUES(1,'arn:aws:states:us-east-1:000000000000:stateMachine:task','task','STANDARD','ACTIVE',1795393276983205,1,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(2,'arn:aws:states:us-east-1:000000000000:stateMachine:wait','wait','STANDARD','ACTIVE',1795393277006543,2,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(3,'arn:aws:states:us-east-1:000000000000:stateMachine:parallel','parallel','STANDARD','ACTIVE',1795393277034519,3,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(4,'arn:aws:states:us-east-1:000000000000:stateMachine:map','map','STANDARD','ACTIVE',1795393277058497,4,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(5,'arn:aws:states:us-east-1:000000000000:stateMachine:retry','retry','STANDARD','ACTIVE',1795393277083508,5,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(6,'arn:aws:states:us-east-1:000000000000:stateMachine:nested','nested','STANDARD','ACTIVE',1795393277088170,6,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
CREATE TABLE tasks (
    number INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions (key),
    task INTEGER NOT NULL,
    phase TEXT NOT NULL,
    target TEXT NOT NULL,
    activity_arn TEXT,
    token TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    scheduled_at INTEGER NOT NULL,
    timeout_seconds INTEGER,
    heartbeat_seconds INTEGER,
    worker TEXT,
    input TEXT NOT NULL
) STRICT;
INSERT INTO "tasks" VALUES(4,4,1,'taken','work','arn:aws:states:us-east-1:000000000000:activity:work','0.4.1.43440d8e770e614ed474c306ab509bad','A',0,1795393277314303,3600000,1800000,'w','{"n":1}');
INSERT INTO "tasks" VALUES(5,5,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.5.1.576172331a0b70350083bf83dbd9c58c','A',0,1795393277333892,3600000,1800000,NULL,'{"n":2}');
INSERT INTO "tasks" VALUES(6,7,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.7.1.7716088d7fe824570dd53eb40b54c688','A',0,1795393277365032,NULL,NULL,NULL,'{"n":4}');
INSERT INTO "tasks" VALUES(7,8,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.1.bc9a23c78433a778b27e9cab0ecb4b77','A',0,1795393277392110,NULL,NULL,NULL,'1');
INSERT INTO "tasks" VALUES(8,8,2,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.2.fb69ee3a532b97226ae3a6a8af90fe6a','A',0,1795393277392110,NULL,NULL,NULL,'2');
INSERT INTO "tasks" VALUES(9,9,1,'taken','states:startExecution',NULL,'0.9.1.2dacb8db085f3b52b312dae95ff2b638','N',0,1795393277405131,NULL,NULL,'arn:aws:states:us-east-1:000000000000:execution:wait:6b8bc8f3-9854-4e6e-93e7-ebbccb93d1d8','{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:wait","Input":{"from":"nested"}}');
CREATE TABLE timers (
    execution INTEGER NOT NULL REFERENCES executions (key),
    timer INTEGER NOT NULL,
    due INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    interval_seconds REAL NOT NULL,
    PRIMARY KEY (execution, timer)
) STRICT, WITHOUT ROWID;
INSERT INTO "timers" VALUES(3,1,1795396877308868,'retry',3600.0);
INSERT INTO "timers" VALUES(4,1,1798993277314303,'taskTimeout',3600000.0);
INSERT INTO "timers" VALUES(4,2,1797193277326446,'heartbeat',1800000.0);
INSERT INTO "timers" VALUES(5,1,1798993277333892,'taskTimeout',3600000.0);
INSERT INTO "timers" VALUES(6,1,1795396877346253,'wait',3600.0);
INSERT INTO "timers" VALUES(7,1,1795400477365032,'wait',7200.0);
INSERT INTO "timers" VALUES(10,1,1795396877405131,'wait',3600.0);
CREATE INDEX executions_by_machine ON executions (state_machine);
CREATE INDEX executions_by_status ON executions (status);
CREATE INDEX executions_by_machine_and_status ON executions (state_machine, status);
CREATE UNIQUE INDEX journal_by_execution ON journal (execution, sequence);
CREATE UNIQUE INDEX tasks_by_execution ON tasks (execution, task);
CREATE INDEX tasks_pending ON tasks (execution, task) WHERE phase = 'pending';
CREATE INDEX tasks_by_target ON tasks (target);
CREATE INDEX timers_by_due ON timers (due);
CREATE VIEW running AS
SELECT
    m.name AS state_machine, e.name, strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1e6, 'unixepoch') AS started_at,
    (SELECT count(*) FROM tasks t WHERE t.execution = e.key) AS open_tasks,
    (SELECT count(*) FROM timers t WHERE t.execution = e.key) AS timers,
    e.key, e.arn, e.input
FROM executions e JOIN state_machines m ON m.number = e.state_machine
WHERE e.status = 'RUNNING';
CREATE VIEW open_tasks AS
SELECT
    coalesce(t.activity_arn, t.target) AS target, m.name AS state_machine, e.name AS execution, t.state, t.attempt,
    t.phase, t.worker, strftime('%Y-%m-%dT%H:%M:%fZ', t.scheduled_at / 1e6, 'unixepoch') AS scheduled_at,
    t.timeout_seconds, t.heartbeat_seconds, t.token, t.input
FROM tasks t JOIN executions e ON e.key = t.execution JOIN state_machines m ON m.number = e.state_machine;
CREATE VIEW waiting_timers AS
SELECT
    strftime('%Y-%m-%dT%H:%M:%fZ', t.due / 1e6, 'unixepoch') AS due, t.purpose, t.interval_seconds,
    m.name AS state_machine, e.name AS execution, e.arn AS execution_arn
FROM timers t JOIN executions e ON e.key = t.execution JOIN state_machines m ON m.number = e.state_machine
ORDER BY t.due;
CREATE VIEW history AS
SELECT
    m.name AS state_machine, e.name AS execution, j.sequence AS step, json_extract(v.value, '$.id') AS id,
    json_extract(v.value, '$.type') AS type, json_extract(v.value, '$.state') AS state,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(v.value, '$.time') / 1e6, 'unixepoch') AS time,
    json_extract(v.value, '$.error') AS error, v.value AS event, e.arn AS execution_arn
FROM executions e JOIN state_machines m ON m.number = e.state_machine JOIN journal j ON j.execution = e.key,
    json_each(j.events) v
ORDER BY j.execution, j.sequence, v.key;
CREATE INDEX tasks_waiting_for_executions ON tasks (worker) WHERE instr(target, ':') > 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('revisions',6);
INSERT INTO "sqlite_sequence" VALUES('executions',10);
COMMIT;
