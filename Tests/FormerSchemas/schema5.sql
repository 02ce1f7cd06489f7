-- A database of schema 5 with open executions, some of them begun under schema 4.
-- Written by servers of their times, which were killed; dumped with its log.
PRAGMA application_id = 1113683054;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE activities (
    arn TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
, settings TEXT NOT NULL DEFAULT '{}') STRICT, WITHOUT ROWID;
INSERT INTO activities VALUES('arn:aws:states:us-east-1:000000000000:activity:work','work',1795393279351733,'{"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
CREATE TABLE aliases (
    state_machine INTEGER NOT NULL REFERENCES state_machines (number),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    description TEXT,
    routes TEXT NOT NULL,
    PRIMARY KEY (state_machine, name)
) STRICT, WITHOUT ROWID;
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
, redriven_at INTEGER, redrive_tokens TEXT, version INTEGER, alias TEXT, map_run INTEGER, first_item INTEGER, item_count INTEGER) STRICT;
INSERT INTO executions VALUES(1,'arn:aws:states:us-east-1:000000000000:execution:task:done','done',1,1,'SUCCEEDED',1795393279393047,1795393279407820,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 0}','{"n":0,"a":{"x":1},"b":1}',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(2,'arn:aws:states:us-east-1:000000000000:execution:task:failed','failed',1,1,'FAILED',1795393279411176,1795393279423130,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,'E','why','{"n": 0}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(3,'arn:aws:states:us-east-1:000000000000:execution:retry:retrying','retrying',5,5,'RUNNING',1795393279426289,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 5}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(4,'arn:aws:states:us-east-1:000000000000:execution:task:taken','taken',1,1,'RUNNING',1795393279439884,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 1}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(5,'arn:aws:states:us-east-1:000000000000:execution:task:published','published',1,1,'RUNNING',1795393279450501,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 2}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(6,'arn:aws:states:us-east-1:000000000000:execution:wait:waiting','waiting',2,2,'RUNNING',1795393279454388,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 3}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(7,'arn:aws:states:us-east-1:000000000000:execution:parallel:branches','branches',3,3,'RUNNING',1795393279458788,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 4}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(8,'arn:aws:states:us-east-1:000000000000:execution:map:items','items',4,4,'RUNNING',1795393279463741,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"items": [1, 2, 3]}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(9,'arn:aws:states:us-east-1:000000000000:execution:nested:nested','nested',6,6,'RUNNING',1795393279469349,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 6}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(10,'arn:aws:states:us-east-1:000000000000:execution:wait:ce10a889-eea3-43bd-898d-98d7c1dfaccb','ce10a889-eea3-43bd-898d-98d7c1dfaccb',2,2,'RUNNING',1795393279469349,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"from":"nested"}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(11,'arn:aws:states:us-east-1:000000000000:execution:dmap:distributed','distributed',7,7,'RUNNING',1795393279479880,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"items": [1, 2, 3, 4]}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(12,'arn:aws:states:us-east-1:000000000000:execution:dmap/D:d1976ca5-d94d-42fd-b711-de5af9f6c193','d1976ca5-d94d-42fd-b711-de5af9f6c193',8,7,'RUNNING',1795393279479880,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'1',NULL,NULL,NULL,NULL,NULL,1,0,1);
INSERT INTO executions VALUES(13,'arn:aws:states:us-east-1:000000000000:execution:dmap/D:09bd7a9a-d1dc-4c84-b524-f99022bd201a','09bd7a9a-d1dc-4c84-b524-f99022bd201a',8,7,'RUNNING',1795393279479880,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'2',NULL,NULL,NULL,NULL,NULL,1,1,1);
INSERT INTO executions VALUES(14,'arn:aws:states:us-east-1:000000000000:execution:task:pending','pending',1,1,'RUNNING',1795436268161551,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 7}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(15,'arn:aws:states:us-east-1:000000000000:execution:map:more-items','more-items',4,4,'RUNNING',1795436268197563,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"items": [1, 2, 3]}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO executions VALUES(16,'arn:aws:states:us-east-1:000000000000:execution:wait:stopped','stopped',2,2,'ABORTED',1795436268226194,1795436268254092,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,'E',NULL,'{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO journal VALUES(1,1,0,1,3,1795393279393047,replace('[{"id":1,"previous":0,"time":1795393279393047,"scope":0,"type":"ExecutionStarted","input":{"n":0},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279393047,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":0}},\n{"id":3,"previous":2,"time":1795393279393047,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"6b115295638b39c7d1a61de469ce1091","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":0},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993279393047},"heartbeatTimer":2}]','\n',char(10)));
INSERT INTO journal VALUES(2,1,1,4,4,1795393279403166,replace('[{"id":4,"previous":3,"time":1795393279403166,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","worker":"w"},\n{"previous":4,"time":1795393279403166,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193279403166}}]','\n',char(10)));
INSERT INTO journal VALUES(3,1,2,5,9,1795393279407820,replace('[{"id":5,"previous":4,"time":1795393279407820,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","output":{"x":1}},\n{"id":6,"previous":5,"time":1795393279407820,"scope":0,"type":"TaskStateExited","state":"A","output":{"n":0,"a":{"x":1}},"next":"B"},\n{"id":7,"previous":6,"time":1795393279407820,"scope":0,"type":"PassStateEntered","state":"B","input":{"n":0,"a":{"x":1}}},\n{"id":8,"previous":7,"time":1795393279407820,"scope":0,"type":"PassStateExited","state":"B","output":{"n":0,"a":{"x":1},"b":1}},\n{"id":9,"previous":8,"time":1795393279407820,"scope":0,"type":"ExecutionSucceeded","output":{"n":0,"a":{"x":1},"b":1}}]','\n',char(10)));
INSERT INTO journal VALUES(4,2,0,1,3,1795393279411176,replace('[{"id":1,"previous":0,"time":1795393279411176,"scope":0,"type":"ExecutionStarted","input":{"n":0},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279411176,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":0}},\n{"id":3,"previous":2,"time":1795393279411176,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"174c5e046fe8d569d93d2a5fe6682ba5","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":0},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993279411176},"heartbeatTimer":2}]','\n',char(10)));
INSERT INTO journal VALUES(5,2,1,4,4,1795393279418499,replace('[{"id":4,"previous":3,"time":1795393279418499,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work"},\n{"previous":4,"time":1795393279418499,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193279418499}}]','\n',char(10)));
INSERT INTO journal VALUES(6,2,2,5,6,1795393279423130,replace('[{"id":5,"previous":4,"time":1795393279423130,"scope":0,"type":"ActivityFailed","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","error":"E","cause":"why"},\n{"id":6,"previous":5,"time":1795393279423130,"scope":0,"type":"ExecutionFailed","error":"E","cause":"why"}]','\n',char(10)));
INSERT INTO journal VALUES(7,3,0,1,3,1795393279426289,replace('[{"id":1,"previous":0,"time":1795393279426289,"scope":0,"type":"ExecutionStarted","input":{"n":5},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279426289,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":5}},\n{"id":3,"previous":2,"time":1795393279426289,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"a556827efc6cd32bc78ef7eb19f8bb32","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":5},"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(8,3,1,4,4,1795393279434084,'[{"id":4,"previous":3,"time":1795393279434084,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work"}]');
INSERT INTO journal VALUES(9,3,2,5,5,1795393279437095,replace('[{"id":5,"previous":4,"time":1795393279437095,"scope":0,"type":"ActivityFailed","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","error":"E","cause":"why"},\n{"previous":5,"time":1795393279437095,"scope":0,"type":"retryScheduled","retrier":0,"timer":{"timer":1,"due":1795396879437095}}]','\n',char(10)));
INSERT INTO journal VALUES(10,4,0,1,3,1795393279439884,replace('[{"id":1,"previous":0,"time":1795393279439884,"scope":0,"type":"ExecutionStarted","input":{"n":1},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279439884,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":1}},\n{"id":3,"previous":2,"time":1795393279439884,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"459e674438edbda1979a356fd46eb2ea","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":1},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993279439884},"heartbeatTimer":2}]','\n',char(10)));
INSERT INTO journal VALUES(11,4,1,4,4,1795393279446739,replace('[{"id":4,"previous":3,"time":1795393279446739,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","worker":"w"},\n{"previous":4,"time":1795393279446739,"scope":0,"type":"heartbeatArmed","task":1,"timer":{"timer":2,"due":1797193279446739}}]','\n',char(10)));
INSERT INTO journal VALUES(12,5,0,1,3,1795393279450501,replace('[{"id":1,"previous":0,"time":1795393279450501,"scope":0,"type":"ExecutionStarted","input":{"n":2},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279450501,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":2}},\n{"id":3,"previous":2,"time":1795393279450501,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"5f38048404abf4a680ef5e504ca19f7e","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":2},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993279450501},"heartbeatTimer":2}]','\n',char(10)));
INSERT INTO journal VALUES(13,6,0,1,2,1795393279454388,replace('[{"id":1,"previous":0,"time":1795393279454388,"scope":0,"type":"ExecutionStarted","input":{"n":3},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279454388,"scope":0,"type":"WaitStateEntered","state":"W","input":{"n":3}},\n{"previous":2,"time":1795393279454388,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795396879454388}}]','\n',char(10)));
INSERT INTO journal VALUES(14,7,0,1,6,1795393279458788,replace('[{"id":1,"previous":0,"time":1795393279458788,"scope":0,"type":"ExecutionStarted","input":{"n":4},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279458788,"scope":0,"type":"ParallelStateEntered","state":"P","input":{"n":4}},\n{"id":3,"previous":2,"time":1795393279458788,"scope":0,"type":"ParallelStateStarted","input":{"n":4}},\n{"id":4,"previous":3,"time":1795393279458788,"scope":2,"type":"TaskStateEntered","state":"A","input":{"n":4}},\n{"id":5,"previous":4,"time":1795393279458788,"scope":2,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"f892294c556aa2d943e28a3ed0154d57","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":4},"attempt":0},\n{"id":6,"previous":3,"time":1795393279458788,"scope":1,"type":"WaitStateEntered","state":"W","input":{"n":4}},\n{"previous":6,"time":1795393279458788,"scope":1,"type":"waitStarted","timer":{"timer":1,"due":1795400479458788}}]','\n',char(10)));
INSERT INTO journal VALUES(15,8,0,1,9,1795393279463741,replace('[{"id":1,"previous":0,"time":1795393279463741,"scope":0,"type":"ExecutionStarted","input":{"items":[1,2,3]},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279463741,"scope":0,"type":"MapStateEntered","state":"M","input":{"items":[1,2,3]}},\n{"id":3,"previous":2,"time":1795393279463741,"scope":0,"type":"MapStateStarted","items":[1,2,3],"maxConcurrency":2,"input":null},\n{"id":4,"previous":3,"time":1795393279463741,"scope":0,"type":"MapIterationStarted","state":"M","index":0,"input":1},\n{"id":5,"previous":4,"time":1795393279463741,"scope":1,"type":"TaskStateEntered","state":"A","input":1},\n{"id":6,"previous":5,"time":1795393279463741,"scope":1,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"91e7c9b07620c7db0bd7c2c867fd6804","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":1,"attempt":0},\n{"id":7,"previous":3,"time":1795393279463741,"scope":0,"type":"MapIterationStarted","state":"M","index":1,"input":2},\n{"id":8,"previous":7,"time":1795393279463741,"scope":2,"type":"TaskStateEntered","state":"A","input":2},\n{"id":9,"previous":8,"time":1795393279463741,"scope":2,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"3249070138f57ba6905934e44728a7f8","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":2,"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(16,9,0,1,4,1795393279469349,replace('[{"id":1,"previous":0,"time":1795393279469349,"scope":0,"type":"ExecutionStarted","input":{"n":6},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279469349,"scope":0,"type":"TaskStateEntered","state":"N","input":{"n":6}},\n{"id":3,"previous":2,"time":1795393279469349,"scope":0,"type":"TaskScheduled","task":1,"integration":"service:states","resource":"startExecution.sync:2","region":"us-east-1","secret":"67f3ac3102e2080cba685aa104e896bb","service":"states","action":"startExecution","parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:wait","Input":{"from":"nested"}},"attempt":0},\n{"id":4,"previous":3,"time":1795393279469349,"scope":0,"type":"TaskStarted","task":1,"integration":"service:states","resource":"startExecution.sync:2"}]','\n',char(10)));
INSERT INTO journal VALUES(17,10,0,1,2,1795393279469349,replace('[{"id":1,"previous":0,"time":1795393279469349,"scope":0,"type":"ExecutionStarted","input":{"from":"nested"},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279469349,"scope":0,"type":"WaitStateEntered","state":"W","input":{"from":"nested"}},\n{"previous":2,"time":1795393279469349,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795396879469349}}]','\n',char(10)));
INSERT INTO journal VALUES(18,9,1,5,5,1795393279469349,'[{"id":5,"previous":4,"time":1795393279469349,"scope":0,"type":"TaskSubmitted","task":1,"integration":"service:states","resource":"startExecution.sync:2","output":{"ExecutionArn":"arn:aws:states:us-east-1:000000000000:execution:wait:ce10a889-eea3-43bd-898d-98d7c1dfaccb","StartDate":1795393279469,"SdkHttpMetadata":{"AllHttpHeaders":{"connection":["keep-alive"],"Content-Length":["134"],"Content-Type":["application/x-amz-json-1.0"],"Date":["Mon, 23 Nov 2026 00:21:19 GMT"],"x-amzn-RequestId":["e90c18a4-5f3e-441d-9327-7c708c114d3a"]},"HttpHeaders":{"connection":"keep-alive","Content-Length":"134","Content-Type":"application/x-amz-json-1.0","Date":"Mon, 23 Nov 2026 00:21:19 GMT","x-amzn-RequestId":"e90c18a4-5f3e-441d-9327-7c708c114d3a"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"e90c18a4-5f3e-441d-9327-7c708c114d3a"}}}]');
INSERT INTO journal VALUES(19,11,0,1,4,1795393279479880,replace('[{"id":1,"previous":0,"time":1795393279479880,"scope":0,"type":"ExecutionStarted","input":{"items":[1,2,3,4]},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279479880,"scope":0,"type":"MapStateEntered","state":"D","input":{"items":[1,2,3,4]}},\n{"id":3,"previous":2,"time":1795393279479880,"scope":0,"type":"MapStateStarted","length":4},\n{"id":4,"previous":3,"time":1795393279479880,"scope":0,"type":"MapRunStarted","mapRun":"arn:aws:states:us-east-1:000000000000:mapRun:dmap/D:be98aee5-0813-44c6-870e-20d296a1a6a6"}]','\n',char(10)));
INSERT INTO journal VALUES(20,12,0,1,3,1795393279479880,replace('[{"id":1,"previous":0,"time":1795393279479880,"scope":0,"type":"ExecutionStarted","input":1,"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279479880,"scope":0,"type":"TaskStateEntered","state":"A","input":1},\n{"id":3,"previous":2,"time":1795393279479880,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"3856b7842d005235f682049bb7938548","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":1,"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(21,13,0,1,3,1795393279479880,replace('[{"id":1,"previous":0,"time":1795393279479880,"scope":0,"type":"ExecutionStarted","input":2,"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795393279479880,"scope":0,"type":"TaskStateEntered","state":"A","input":2},\n{"id":3,"previous":2,"time":1795393279479880,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"a237fcefb87abe7c4be0ab7ac0e3e790","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":2,"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(22,3,3,6,6,1795436264294119,replace('[{"previous":5,"time":1795436264294119,"scope":0,"type":"timerFired","fired":1},\n{"id":6,"previous":5,"time":1795436264294119,"scope":0,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"ccd0aefbcaedfdc375ac6fa5488dea7e","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":5},"attempt":1}]','\n',char(10)));
INSERT INTO journal VALUES(23,6,1,3,5,1795436264294119,replace('[{"previous":2,"time":1795436264294119,"scope":0,"type":"timerFired","fired":1},\n{"id":3,"previous":2,"time":1795436264294119,"scope":0,"type":"WaitStateExited","state":"W","output":{"n":3},"next":"A"},\n{"id":4,"previous":3,"time":1795436264294119,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":3}},\n{"id":5,"previous":4,"time":1795436264294119,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"85fc15ad598086aae2e2b9d46cdc2605","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":3},"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(24,10,1,3,5,1795436264294119,replace('[{"previous":2,"time":1795436264294119,"scope":0,"type":"timerFired","fired":1},\n{"id":3,"previous":2,"time":1795436264294119,"scope":0,"type":"WaitStateExited","state":"W","output":{"from":"nested"},"next":"A"},\n{"id":4,"previous":3,"time":1795436264294119,"scope":0,"type":"TaskStateEntered","state":"A","input":{"from":"nested"}},\n{"id":5,"previous":4,"time":1795436264294119,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"6c598429171f4a69c782bc2d496e1f61","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"from":"nested"},"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(25,7,1,7,7,1795436264294119,replace('[{"previous":6,"time":1795436264294119,"scope":1,"type":"timerFired","fired":1},\n{"id":7,"previous":6,"time":1795436264294119,"scope":1,"type":"WaitStateExited","state":"W","output":{"n":4}}]','\n',char(10)));
INSERT INTO journal VALUES(26,14,0,1,3,1795436268161551,replace('[{"id":1,"previous":0,"time":1795436268161551,"scope":0,"type":"ExecutionStarted","input":{"n":7},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795436268161551,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":7}},\n{"id":3,"previous":2,"time":1795436268161551,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"7392b2ce1a79e51dd46d3859d22fbea3","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":7},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1799036268161551},"heartbeatTimer":2}]','\n',char(10)));
INSERT INTO journal VALUES(27,15,0,1,9,1795436268197563,replace('[{"id":1,"previous":0,"time":1795436268197563,"scope":0,"type":"ExecutionStarted","input":{"items":[1,2,3]},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795436268197563,"scope":0,"type":"MapStateEntered","state":"M","input":{"items":[1,2,3]}},\n{"id":3,"previous":2,"time":1795436268197563,"scope":0,"type":"MapStateStarted","items":[1,2,3],"maxConcurrency":2,"input":null},\n{"id":4,"previous":3,"time":1795436268197563,"scope":0,"type":"MapIterationStarted","state":"M","index":0,"input":1},\n{"id":5,"previous":4,"time":1795436268197563,"scope":1,"type":"TaskStateEntered","state":"A","input":1},\n{"id":6,"previous":5,"time":1795436268197563,"scope":1,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"adaa1401b8002730ef722553226b0469","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":1,"attempt":0},\n{"id":7,"previous":3,"time":1795436268197563,"scope":0,"type":"MapIterationStarted","state":"M","index":1,"input":2},\n{"id":8,"previous":7,"time":1795436268197563,"scope":2,"type":"TaskStateEntered","state":"A","input":2},\n{"id":9,"previous":8,"time":1795436268197563,"scope":2,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"495c65195705e54f4e886ccca442cf49","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":2,"attempt":0}]','\n',char(10)));
INSERT INTO journal VALUES(28,16,0,1,2,1795436268226194,replace('[{"id":1,"previous":0,"time":1795436268226194,"scope":0,"type":"ExecutionStarted","input":{},"roleArn":"arn:aws:iam::000000000000:role/r"},\n{"id":2,"previous":0,"time":1795436268226194,"scope":0,"type":"WaitStateEntered","state":"W","input":{}},\n{"previous":2,"time":1795436268226194,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795439868226194}}]','\n',char(10)));
INSERT INTO journal VALUES(29,16,1,3,3,1795436268254092,'[{"id":3,"previous":0,"time":1795436268254092,"scope":0,"type":"ExecutionAborted","error":"E"}]');
CREATE TABLE map_run_items (
    number INTEGER PRIMARY KEY,
    map_run INTEGER NOT NULL REFERENCES map_runs (number),
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    items TEXT NOT NULL
) STRICT;
INSERT INTO map_run_items VALUES(1,1,0,4,'[1,2,3,4]');
CREATE TABLE map_runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    execution INTEGER NOT NULL REFERENCES executions (key),
    revision INTEGER NOT NULL REFERENCES revisions (number),
    pointer TEXT NOT NULL,
    label TEXT NOT NULL,
    execution_type TEXT NOT NULL,
    status TEXT NOT NULL,
    phase TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    stopped_at INTEGER,
    redrive_count INTEGER NOT NULL,
    redriven_at INTEGER,
    max_concurrency INTEGER NOT NULL,
    tolerated_failure_count INTEGER,
    tolerated_failure_percentage REAL,
    outcome TEXT,
    error TEXT,
    cause TEXT,
    progress TEXT NOT NULL,
    plan TEXT NOT NULL
) STRICT;
INSERT INTO map_runs VALUES(1,'arn:aws:states:us-east-1:000000000000:mapRun:dmap/D:be98aee5-0813-44c6-870e-20d296a1a6a6',11,7,'/States/D','D','STANDARD','RUNNING','running',1795393279479880,NULL,0,NULL,2,NULL,NULL,NULL,NULL,NULL,'{"total":4,"next":2,"items":{"running":2,"succeeded":0,"failed":0,"timedOut":0,"aborted":0,"resultsWritten":0,"pendingRedrive":0},"executions":{"running":2,"succeeded":0,"failed":0,"timedOut":0,"aborted":0,"resultsWritten":0,"pendingRedrive":0}}','{"results":{"transformation":"COMPACT","outputType":"JSON"}}');
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('created_at','2026-11-23T00:21:19.018Z');
INSERT INTO meta VALUES('page_token_key','311C333E739CE624166904023808125963A135BABEF6A57A2C5ACE38E0BCCB21');
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
, settings TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO revisions VALUES(1,'',1,'arn:aws:iam::000000000000:role/r',1795393279360310,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "TimeoutSeconds": 3600000, "HeartbeatSeconds": 1800000, "ResultPath": "$.a", "Next": "B"}, "B": {"Type": "Pass", "Result": 1, "ResultPath": "$.b", "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(2,'',2,'arn:aws:iam::000000000000:role/r',1795393279366106,'{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "Next": "A"}, "A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(3,'',3,'arn:aws:iam::000000000000:role/r',1795393279371442,'{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": true}}}], "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(4,'',4,'arn:aws:iam::000000000000:role/r',1795393279376383,'{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "Iterator": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(5,'',5,'arn:aws:iam::000000000000:role/r',1795393279381702,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 3600, "MaxAttempts": 2, "BackoffRate": 1}], "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(6,'',6,'arn:aws:iam::000000000000:role/r',1795393279385888,'{"StartAt": "N", "States": {"N": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:wait", "Input": {"from": "nested"}}, "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
INSERT INTO revisions VALUES(7,'',7,'arn:aws:iam::000000000000:role/r',1795393279389982,'{"StartAt": "D", "States": {"D": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, "Label": "D", "End": true}}}','{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}');
CREATE TABLE state_machines (
    number INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER REFERENCES revisions (number),
    settings TEXT NOT NULL
, last_version INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO state_machines VALUES(1,'arn:aws:states:us-east-1:000000000000:stateMachine:task','task','STANDARD','ACTIVE',1795393279360310,1,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(2,'arn:aws:states:us-east-1:000000000000:stateMachine:wait','wait','STANDARD','ACTIVE',1795393279366106,2,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(3,'arn:aws:states:us-east-1:000000000000:stateMachine:parallel','parallel','STANDARD','ACTIVE',1795393279371442,3,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(4,'arn:aws:states:us-east-1:000000000000:stateMachine:map','map','STANDARD','ACTIVE',1795393279376383,4,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(5,'arn:aws:states:us-east-1:000000000000:stateMachine:retry','retry','STANDARD','ACTIVE',1795393279381702,5,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(6,'arn:aws:states:us-east-1:000000000000:stateMachine:nested','nested','STANDARD','ACTIVE',1795393279385888,6,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(7,'arn:aws:states:us-east-1:000000000000:stateMachine:dmap','dmap','STANDARD','ACTIVE',1795393279389982,7,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}',0);
INSERT INTO state_machines VALUES(8,'arn:aws:states:us-east-1:000000000000:stateMachine:dmap/D','dmap/D','','DELETED',0,NULL,'{}',0);
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
INSERT INTO tasks VALUES(4,4,1,'taken','work','arn:aws:states:us-east-1:000000000000:activity:work','0.4.1.459e674438edbda1979a356fd46eb2ea','A',0,1795393279439884,3600000,1800000,'w','{"n":1}');
INSERT INTO tasks VALUES(5,5,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.5.1.5f38048404abf4a680ef5e504ca19f7e','A',0,1795393279450501,3600000,1800000,NULL,'{"n":2}');
INSERT INTO tasks VALUES(6,7,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.7.1.f892294c556aa2d943e28a3ed0154d57','A',0,1795393279458788,NULL,NULL,NULL,'{"n":4}');
INSERT INTO tasks VALUES(7,8,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.1.91e7c9b07620c7db0bd7c2c867fd6804','A',0,1795393279463741,NULL,NULL,NULL,'1');
INSERT INTO tasks VALUES(8,8,2,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.2.3249070138f57ba6905934e44728a7f8','A',0,1795393279463741,NULL,NULL,NULL,'2');
INSERT INTO tasks VALUES(9,9,1,'taken','states:startExecution',NULL,'0.9.1.67f3ac3102e2080cba685aa104e896bb','N',0,1795393279469349,NULL,NULL,'arn:aws:states:us-east-1:000000000000:execution:wait:ce10a889-eea3-43bd-898d-98d7c1dfaccb','{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:wait","Input":{"from":"nested"}}');
INSERT INTO tasks VALUES(10,12,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.c.1.3856b7842d005235f682049bb7938548','A',0,1795393279479880,NULL,NULL,NULL,'1');
INSERT INTO tasks VALUES(11,13,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.d.1.a237fcefb87abe7c4be0ab7ac0e3e790','A',0,1795393279479880,NULL,NULL,NULL,'2');
INSERT INTO tasks VALUES(12,3,2,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.3.2.ccd0aefbcaedfdc375ac6fa5488dea7e','A',1,1795436264294119,NULL,NULL,NULL,'{"n":5}');
INSERT INTO tasks VALUES(13,6,1,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.6.1.85fc15ad598086aae2e2b9d46cdc2605','A',0,1795436264294119,NULL,NULL,NULL,'{"n":3}');
INSERT INTO tasks VALUES(14,10,1,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.a.1.6c598429171f4a69c782bc2d496e1f61','A',0,1795436264294119,NULL,NULL,NULL,'{"from":"nested"}');
INSERT INTO tasks VALUES(15,14,1,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.e.1.7392b2ce1a79e51dd46d3859d22fbea3','A',0,1795436268161551,3600000,1800000,NULL,'{"n":7}');
INSERT INTO tasks VALUES(16,15,1,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.f.1.adaa1401b8002730ef722553226b0469','A',0,1795436268197563,NULL,NULL,NULL,'1');
INSERT INTO tasks VALUES(17,15,2,'pending','work','arn:aws:states:us-east-1:000000000000:activity:work','0.f.2.495c65195705e54f4e886ccca442cf49','A',0,1795436268197563,NULL,NULL,NULL,'2');
CREATE TABLE timers (
    execution INTEGER NOT NULL REFERENCES executions (key),
    timer INTEGER NOT NULL,
    due INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    interval_seconds REAL NOT NULL,
    PRIMARY KEY (execution, timer)
) STRICT, WITHOUT ROWID;
INSERT INTO timers VALUES(4,1,1798993279439884,'taskTimeout',3600000.0);
INSERT INTO timers VALUES(4,2,1797193279446739,'heartbeat',1800000.0);
INSERT INTO timers VALUES(5,1,1798993279450501,'taskTimeout',3600000.0);
INSERT INTO timers VALUES(14,1,1799036268161551,'taskTimeout',3600000.0);
CREATE TABLE versions (
    state_machine INTEGER NOT NULL REFERENCES state_machines (number),
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions (number),
    created_at INTEGER NOT NULL,
    description TEXT,
    PRIMARY KEY (state_machine, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE removals (
    execution INTEGER PRIMARY KEY
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('revisions',7);
INSERT INTO sqlite_sequence VALUES('executions',16);
INSERT INTO sqlite_sequence VALUES('map_runs',1);
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
CREATE INDEX executions_by_version ON executions (state_machine, version) WHERE version IS NOT NULL;
CREATE INDEX executions_by_alias ON executions (state_machine, alias) WHERE alias IS NOT NULL;
CREATE INDEX versions_by_revision ON versions (revision);
CREATE INDEX executions_by_map_run ON executions (map_run) WHERE map_run IS NOT NULL;
CREATE INDEX map_runs_by_execution ON map_runs (execution);
CREATE INDEX map_runs_open ON map_runs (phase) WHERE phase <> 'done';
CREATE UNIQUE INDEX map_run_items_by_run ON map_run_items (map_run, first);
CREATE INDEX executions_closed ON executions (stopped_at) WHERE stopped_at IS NOT NULL AND map_run IS NULL;
COMMIT;
