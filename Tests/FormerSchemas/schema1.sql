-- A database of schema 1 with open executions.
-- Executions 1 to 3 are a server's of that time, the first two cut off where they waited for a task and for a retry;
-- the others are rows that a server of schema 3 wrote, in the columns that schema 1 has.
PRAGMA application_id = 1113683054;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE activities (
    arn TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:analytics-delete-tracking','analytics-delete-tracking',1795371326093248);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking','analytics-init-tracking',1795371326088341);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:auth-create-user','auth-create-user',1795371326080642);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:auth-delete-user','auth-delete-user',1795371326099206);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:billing-create-customer','billing-create-customer',1795371326085793);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:billing-delete-customer','billing-delete-customer',1795371326094825);
INSERT INTO "activities" VALUES('arn:aws:states:us-east-1:000000000000:activity:email-send-welcome','email-send-welcome',1795371326091118);
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
) STRICT;
INSERT INTO "executions" VALUES(1,'arn:aws:states:us-east-1:000000000000:execution:onboarding:50c8b5da-3b2c-4661-b84f-0eda9357e9a2','50c8b5da-3b2c-4661-b84f-0eda9357e9a2',1,1,'RUNNING',1795371326268292,NULL,0,0,'arn:aws:iam::000000000000:role/baton',NULL,NULL,NULL,NULL,NULL,'{
  "user": {"userId": "ada", "email": "ada@example.com", "name": "Ada Lovelace", "plan": "pro"}
}
',NULL);
INSERT INTO "executions" VALUES(2,'arn:aws:states:us-east-1:000000000000:execution:onboarding:517ac1de-24e1-4af3-9b43-99a83aa349f5','517ac1de-24e1-4af3-9b43-99a83aa349f5',1,1,'RUNNING',1795371326445055,NULL,0,0,'arn:aws:iam::000000000000:role/baton',NULL,NULL,NULL,NULL,NULL,'{
  "user": {
    "userId": "grace-billing-flaky",
    "email": "grace-billing-flaky@example.com",
    "name": "Grace Hopper",
    "plan": "pro"
  }
}
',NULL);
INSERT INTO "executions" VALUES(3,'arn:aws:states:us-east-1:000000000000:execution:onboarding:81d9bc51-2060-4364-87d2-284de91edb24','81d9bc51-2060-4364-87d2-284de91edb24',1,1,'FAILED',1795371329861383,1795371329929106,0,0,'arn:aws:iam::000000000000:role/baton',NULL,NULL,NULL,'OnboardingFailed','Onboarding of charles-billing-declined failed and nothing of it is left: {"Error":"Billing.CardDeclined","Cause":"the card of charles-billing-declined was declined"}','{
  "user": {
    "userId": "charles-billing-declined",
    "email": "charles-billing-declined@example.com",
    "name": "Charles Babbage",
    "plan": "pro"
  }
}
',NULL);
INSERT INTO "executions" VALUES(4,'arn:aws:states:us-east-1:000000000000:execution:onboarding:joan','joan',1,1,'SUCCEEDED',1795371347852346,1795371351790418,0,0,'arn:aws:iam::000000000000:role/baton',NULL,NULL,NULL,NULL,NULL,'{"user": {"userId": "joan", "email": "joan@example.com", "name": "Joan", "plan": "free"}}','{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"},"analytics":{"trackingId":"trk_244v4n99824hg"},"email":{"messageId":"<welcome.2t9uifoncgbza@baton.example>"}}');
INSERT INTO "executions" VALUES(5,'arn:aws:states:us-east-1:000000000000:execution:task:published','published',101,101,'RUNNING',1795393277333892,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 2}',NULL);
INSERT INTO "executions" VALUES(6,'arn:aws:states:us-east-1:000000000000:execution:wait:waiting','waiting',102,102,'RUNNING',1795393277346253,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 3}',NULL);
INSERT INTO "executions" VALUES(7,'arn:aws:states:us-east-1:000000000000:execution:parallel:branches','branches',103,103,'RUNNING',1795393277365032,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"n": 4}',NULL);
INSERT INTO "executions" VALUES(8,'arn:aws:states:us-east-1:000000000000:execution:map:items','items',104,104,'RUNNING',1795393277392110,NULL,0,0,'arn:aws:iam::000000000000:role/r',NULL,NULL,NULL,NULL,NULL,'{"items": [1, 2, 3]}',NULL);
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
INSERT INTO "journal" VALUES(1,1,0,1,3,1795371326268292,'[{"id":1,"previous":0,"time":1795371326268292,"scope":0,"type":"ExecutionStarted","input":{"user":{"userId":"ada","email":"ada@example.com","name":"Ada Lovelace","plan":"pro"}},"roleArn":"arn:aws:iam::000000000000:role/baton"},
{"id":2,"previous":0,"time":1795371326268292,"scope":0,"type":"TaskStateEntered","state":"CreateUser","input":{"user":{"userId":"ada","email":"ada@example.com","name":"Ada Lovelace","plan":"pro"}}},
{"id":3,"previous":2,"time":1795371326268292,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","region":"us-east-1","secret":"eb27696f663c1da2be8094558d9e1543","activityArn":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","activity":"auth-create-user","parameters":{"userId":"ada","email":"ada@example.com","name":"Ada Lovelace"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":1,"due":1795371386268292},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(2,1,1,4,8,1795371326285606,'[{"id":4,"previous":3,"time":1795371326285606,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","worker":"auth-worker@vm:7547"},
{"id":5,"previous":4,"time":1795371326285606,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","output":{"authId":"auth_2fucif8su0qv4","createdAt":"2026-11-22T18:15:26.282Z","userId":"ada"}},
{"id":6,"previous":5,"time":1795371326285606,"scope":0,"type":"TaskStateExited","state":"CreateUser","output":{"user":{"userId":"ada","email":"ada@example.com","name":"Ada Lovelace","plan":"pro"},"auth":{"authId":"auth_2fucif8su0qv4","createdAt":"2026-11-22T18:15:26.282Z","userId":"ada"}},"next":"CreateCustomer"},
{"id":7,"previous":6,"time":1795371326285606,"scope":0,"type":"TaskStateEntered","state":"CreateCustomer","input":{"user":{"userId":"ada","email":"ada@example.com","name":"Ada Lovelace","plan":"pro"},"auth":{"authId":"auth_2fucif8su0qv4","createdAt":"2026-11-22T18:15:26.282Z","userId":"ada"}}},
{"id":8,"previous":7,"time":1795371326285606,"scope":0,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","region":"us-east-1","secret":"9e44b70d9095502ac90033cf86cad301","activityArn":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","activity":"billing-create-customer","parameters":{"userId":"ada","email":"ada@example.com","plan":"pro"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":3,"due":1795371386285606},"heartbeatTimer":4}]');
INSERT INTO "journal" VALUES(6,2,0,1,3,1795371326445055,'[{"id":1,"previous":0,"time":1795371326445055,"scope":0,"type":"ExecutionStarted","input":{"user":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","name":"Grace Hopper","plan":"pro"}},"roleArn":"arn:aws:iam::000000000000:role/baton"},
{"id":2,"previous":0,"time":1795371326445055,"scope":0,"type":"TaskStateEntered","state":"CreateUser","input":{"user":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","name":"Grace Hopper","plan":"pro"}}},
{"id":3,"previous":2,"time":1795371326445055,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","region":"us-east-1","secret":"413694690bab07c40173936eca3ccd08","activityArn":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","activity":"auth-create-user","parameters":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","name":"Grace Hopper"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":1,"due":1795371386445055},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(7,2,1,4,8,1795371326456363,'[{"id":4,"previous":3,"time":1795371326456363,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","worker":"auth-worker@vm:7547"},
{"id":5,"previous":4,"time":1795371326456363,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","output":{"authId":"auth_16390cp0x6dsw","createdAt":"2026-11-22T18:15:26.452Z","userId":"grace-billing-flaky"}},
{"id":6,"previous":5,"time":1795371326456363,"scope":0,"type":"TaskStateExited","state":"CreateUser","output":{"user":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","name":"Grace Hopper","plan":"pro"},"auth":{"authId":"auth_16390cp0x6dsw","createdAt":"2026-11-22T18:15:26.452Z","userId":"grace-billing-flaky"}},"next":"CreateCustomer"},
{"id":7,"previous":6,"time":1795371326456363,"scope":0,"type":"TaskStateEntered","state":"CreateCustomer","input":{"user":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","name":"Grace Hopper","plan":"pro"},"auth":{"authId":"auth_16390cp0x6dsw","createdAt":"2026-11-22T18:15:26.452Z","userId":"grace-billing-flaky"}}},
{"id":8,"previous":7,"time":1795371326456363,"scope":0,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","region":"us-east-1","secret":"92b878356242fe2df00ea1c2bb3181e5","activityArn":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","activity":"billing-create-customer","parameters":{"userId":"grace-billing-flaky","email":"grace-billing-flaky@example.com","plan":"pro"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":3,"due":1795371386456363},"heartbeatTimer":4}]');
INSERT INTO "journal" VALUES(8,2,2,9,10,1795371326471563,'[{"id":9,"previous":8,"time":1795371326471563,"scope":0,"type":"ActivityStarted","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","worker":"billing-worker@vm:7559"},
{"id":10,"previous":9,"time":1795371326471563,"scope":0,"type":"ActivityFailed","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","error":"Billing.Unavailable","cause":"the payment provider does not answer (1 of 2)"},
{"previous":10,"time":1795371326471563,"scope":0,"type":"retryScheduled","retrier":0,"timer":{"timer":5,"due":1795371327471563}}]');
INSERT INTO "journal" VALUES(15,3,0,1,3,1795371329861383,'[{"id":1,"previous":0,"time":1795371329861383,"scope":0,"type":"ExecutionStarted","input":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"}},"roleArn":"arn:aws:iam::000000000000:role/baton"},
{"id":2,"previous":0,"time":1795371329861383,"scope":0,"type":"TaskStateEntered","state":"CreateUser","input":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"}}},
{"id":3,"previous":2,"time":1795371329861383,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","region":"us-east-1","secret":"7bca1716ac284dc79f4f05d5597e8f7a","activityArn":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","activity":"auth-create-user","parameters":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":1,"due":1795371389861383},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(16,3,1,4,8,1795371329883956,'[{"id":4,"previous":3,"time":1795371329883956,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","worker":"auth-worker@vm:7547"},
{"id":5,"previous":4,"time":1795371329883956,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","output":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"}},
{"id":6,"previous":5,"time":1795371329883956,"scope":0,"type":"TaskStateExited","state":"CreateUser","output":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"}},"next":"CreateCustomer"},
{"id":7,"previous":6,"time":1795371329883956,"scope":0,"type":"TaskStateEntered","state":"CreateCustomer","input":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"}}},
{"id":8,"previous":7,"time":1795371329883956,"scope":0,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","region":"us-east-1","secret":"355f3d7ad8aec59dca0d7347428197a8","activityArn":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","activity":"billing-create-customer","parameters":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","plan":"pro"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":3,"due":1795371389883956},"heartbeatTimer":4}]');
INSERT INTO "journal" VALUES(17,3,2,9,13,1795371329918341,'[{"id":9,"previous":8,"time":1795371329918341,"scope":0,"type":"ActivityStarted","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","worker":"billing-worker@vm:7559"},
{"id":10,"previous":9,"time":1795371329918341,"scope":0,"type":"ActivityFailed","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","error":"Billing.CardDeclined","cause":"the card of charles-billing-declined was declined"},
{"id":11,"previous":10,"time":1795371329918341,"scope":0,"type":"TaskStateExited","state":"CreateCustomer","output":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"},"failure":{"Error":"Billing.CardDeclined","Cause":"the card of charles-billing-declined was declined"}},"next":"DeleteUser"},
{"id":12,"previous":11,"time":1795371329918341,"scope":0,"type":"TaskStateEntered","state":"DeleteUser","input":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"},"failure":{"Error":"Billing.CardDeclined","Cause":"the card of charles-billing-declined was declined"}}},
{"id":13,"previous":12,"time":1795371329918341,"scope":0,"type":"ActivityScheduled","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-delete-user","region":"us-east-1","secret":"3e14462dfaea4c12df9fe096082ebd20","activityArn":"arn:aws:states:us-east-1:000000000000:activity:auth-delete-user","activity":"auth-delete-user","parameters":{"userId":"charles-billing-declined"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":5,"due":1795371389918341},"heartbeatTimer":6}]');
INSERT INTO "journal" VALUES(18,3,3,14,18,1795371329929106,'[{"id":14,"previous":13,"time":1795371329929106,"scope":0,"type":"ActivityStarted","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-delete-user","worker":"auth-worker@vm:7547"},
{"id":15,"previous":14,"time":1795371329929106,"scope":0,"type":"ActivitySucceeded","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-delete-user","output":{"deleted":true}},
{"id":16,"previous":15,"time":1795371329929106,"scope":0,"type":"TaskStateExited","state":"DeleteUser","output":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"},"failure":{"Error":"Billing.CardDeclined","Cause":"the card of charles-billing-declined was declined"},"undone":{"auth":{"deleted":true}}},"next":"OnboardingFailed"},
{"id":17,"previous":16,"time":1795371329929106,"scope":0,"type":"FailStateEntered","state":"OnboardingFailed","input":{"user":{"userId":"charles-billing-declined","email":"charles-billing-declined@example.com","name":"Charles Babbage","plan":"pro"},"auth":{"authId":"auth_96c8140gd0b4","createdAt":"2026-11-22T18:15:29.881Z","userId":"charles-billing-declined"},"failure":{"Error":"Billing.CardDeclined","Cause":"the card of charles-billing-declined was declined"},"undone":{"auth":{"deleted":true}}}},
{"id":18,"previous":17,"time":1795371329929106,"scope":0,"type":"ExecutionFailed","error":"OnboardingFailed","cause":"Onboarding of charles-billing-declined failed and nothing of it is left: {\"Error\":\"Billing.CardDeclined\",\"Cause\":\"the card of charles-billing-declined was declined\"}"}]');
INSERT INTO "journal" VALUES(19,4,0,1,3,1795371347852346,'[{"id":1,"previous":0,"time":1795371347852346,"scope":0,"type":"ExecutionStarted","input":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"}},"roleArn":"arn:aws:iam::000000000000:role/baton"},
{"id":2,"previous":0,"time":1795371347852346,"scope":0,"type":"TaskStateEntered","state":"CreateUser","input":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"}}},
{"id":3,"previous":2,"time":1795371347852346,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","region":"us-east-1","secret":"214e9b29ae571544b14864d07651a90a","activityArn":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","activity":"auth-create-user","parameters":{"userId":"joan","email":"joan@example.com","name":"Joan"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":1,"due":1795371407852346},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(20,4,1,4,8,1795371347862217,'[{"id":4,"previous":3,"time":1795371347862217,"scope":0,"type":"ActivityStarted","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","worker":"auth-worker@vm:7547"},
{"id":5,"previous":4,"time":1795371347862217,"scope":0,"type":"ActivitySucceeded","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:auth-create-user","output":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"}},
{"id":6,"previous":5,"time":1795371347862217,"scope":0,"type":"TaskStateExited","state":"CreateUser","output":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"}},"next":"CreateCustomer"},
{"id":7,"previous":6,"time":1795371347862217,"scope":0,"type":"TaskStateEntered","state":"CreateCustomer","input":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"}}},
{"id":8,"previous":7,"time":1795371347862217,"scope":0,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","region":"us-east-1","secret":"2b9c5322b68f11d06f68d5bd4748a2b7","activityArn":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","activity":"billing-create-customer","parameters":{"userId":"joan","email":"joan@example.com","plan":"free"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":3,"due":1795371407862217},"heartbeatTimer":4}]');
INSERT INTO "journal" VALUES(21,4,2,9,13,1795371351708775,'[{"id":9,"previous":8,"time":1795371351708775,"scope":0,"type":"ActivityStarted","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","worker":"billing-worker@vm:8984"},
{"id":10,"previous":9,"time":1795371351708775,"scope":0,"type":"ActivitySucceeded","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:billing-create-customer","output":{"customerId":"cus_2454jq1sqar8d","plan":"free"}},
{"id":11,"previous":10,"time":1795371351708775,"scope":0,"type":"TaskStateExited","state":"CreateCustomer","output":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"}},"next":"InitTracking"},
{"id":12,"previous":11,"time":1795371351708775,"scope":0,"type":"TaskStateEntered","state":"InitTracking","input":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"}}},
{"id":13,"previous":12,"time":1795371351708775,"scope":0,"type":"ActivityScheduled","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking","region":"us-east-1","secret":"24a48f63af669aed0aae37fbc449dc93","activityArn":"arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking","activity":"analytics-init-tracking","parameters":{"userId":"joan"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":5,"due":1795371411708775},"heartbeatTimer":6}]');
INSERT INTO "journal" VALUES(22,4,3,14,18,1795371351743815,'[{"id":14,"previous":13,"time":1795371351743815,"scope":0,"type":"ActivityStarted","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking","worker":"analytics-worker@vm:7578"},
{"id":15,"previous":14,"time":1795371351743815,"scope":0,"type":"ActivitySucceeded","task":3,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking","output":{"trackingId":"trk_244v4n99824hg"}},
{"id":16,"previous":15,"time":1795371351743815,"scope":0,"type":"TaskStateExited","state":"InitTracking","output":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"},"analytics":{"trackingId":"trk_244v4n99824hg"}},"next":"SendWelcome"},
{"id":17,"previous":16,"time":1795371351743815,"scope":0,"type":"TaskStateEntered","state":"SendWelcome","input":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"},"analytics":{"trackingId":"trk_244v4n99824hg"}}},
{"id":18,"previous":17,"time":1795371351743815,"scope":0,"type":"ActivityScheduled","task":4,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:email-send-welcome","region":"us-east-1","secret":"da351f2919af8fbebab01f9c3fa80f25","activityArn":"arn:aws:states:us-east-1:000000000000:activity:email-send-welcome","activity":"email-send-welcome","parameters":{"userId":"joan","email":"joan@example.com","name":"Joan"},"attempt":0,"timeoutSeconds":60,"heartbeatSeconds":20,"timeout":{"timer":7,"due":1795371411743815},"heartbeatTimer":8}]');
INSERT INTO "journal" VALUES(23,4,4,19,22,1795371351790418,'[{"id":19,"previous":18,"time":1795371351790418,"scope":0,"type":"ActivityStarted","task":4,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:email-send-welcome","worker":"email-worker@vm:7589"},
{"id":20,"previous":19,"time":1795371351790418,"scope":0,"type":"ActivitySucceeded","task":4,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:email-send-welcome","output":{"messageId":"<welcome.2t9uifoncgbza@baton.example>"}},
{"id":21,"previous":20,"time":1795371351790418,"scope":0,"type":"TaskStateExited","state":"SendWelcome","output":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"},"analytics":{"trackingId":"trk_244v4n99824hg"},"email":{"messageId":"<welcome.2t9uifoncgbza@baton.example>"}}},
{"id":22,"previous":21,"time":1795371351790418,"scope":0,"type":"ExecutionSucceeded","output":{"user":{"userId":"joan","email":"joan@example.com","name":"Joan","plan":"free"},"auth":{"authId":"auth_245dysuc8jdza","createdAt":"2026-11-22T18:15:47.856Z","userId":"joan"},"billing":{"customerId":"cus_2454jq1sqar8d","plan":"free"},"analytics":{"trackingId":"trk_244v4n99824hg"},"email":{"messageId":"<welcome.2t9uifoncgbza@baton.example>"}}}]');
INSERT INTO "journal" VALUES(1012,5,0,1,3,1795393277333892,'[{"id":1,"previous":0,"time":1795393277333892,"scope":0,"type":"ExecutionStarted","input":{"n":2},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277333892,"scope":0,"type":"TaskStateEntered","state":"A","input":{"n":2}},
{"id":3,"previous":2,"time":1795393277333892,"scope":0,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"576172331a0b70350083bf83dbd9c58c","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":2},"attempt":0,"timeoutSeconds":3600000,"heartbeatSeconds":1800000,"timeout":{"timer":1,"due":1798993277333892},"heartbeatTimer":2}]');
INSERT INTO "journal" VALUES(1013,6,0,1,2,1795393277346253,'[{"id":1,"previous":0,"time":1795393277346253,"scope":0,"type":"ExecutionStarted","input":{"n":3},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277346253,"scope":0,"type":"WaitStateEntered","state":"W","input":{"n":3}},
{"previous":2,"time":1795393277346253,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1795396877346253}}]');
INSERT INTO "journal" VALUES(1014,7,0,1,6,1795393277365032,'[{"id":1,"previous":0,"time":1795393277365032,"scope":0,"type":"ExecutionStarted","input":{"n":4},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277365032,"scope":0,"type":"ParallelStateEntered","state":"P","input":{"n":4}},
{"id":3,"previous":2,"time":1795393277365032,"scope":0,"type":"ParallelStateStarted","input":{"n":4}},
{"id":4,"previous":3,"time":1795393277365032,"scope":2,"type":"TaskStateEntered","state":"A","input":{"n":4}},
{"id":5,"previous":4,"time":1795393277365032,"scope":2,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"7716088d7fe824570dd53eb40b54c688","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":{"n":4},"attempt":0},
{"id":6,"previous":3,"time":1795393277365032,"scope":1,"type":"WaitStateEntered","state":"W","input":{"n":4}},
{"previous":6,"time":1795393277365032,"scope":1,"type":"waitStarted","timer":{"timer":1,"due":1795400477365032}}]');
INSERT INTO "journal" VALUES(1015,8,0,1,9,1795393277392110,'[{"id":1,"previous":0,"time":1795393277392110,"scope":0,"type":"ExecutionStarted","input":{"items":[1,2,3]},"roleArn":"arn:aws:iam::000000000000:role/r"},
{"id":2,"previous":0,"time":1795393277392110,"scope":0,"type":"MapStateEntered","state":"M","input":{"items":[1,2,3]}},
{"id":3,"previous":2,"time":1795393277392110,"scope":0,"type":"MapStateStarted","items":[1,2,3],"maxConcurrency":2,"input":null},
{"id":4,"previous":3,"time":1795393277392110,"scope":0,"type":"MapIterationStarted","state":"M","index":0,"input":1},
{"id":5,"previous":4,"time":1795393277392110,"scope":1,"type":"TaskStateEntered","state":"A","input":1},
{"id":6,"previous":5,"time":1795393277392110,"scope":1,"type":"ActivityScheduled","task":1,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"bc9a23c78433a778b27e9cab0ecb4b77","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":1,"attempt":0},
{"id":7,"previous":3,"time":1795393277392110,"scope":0,"type":"MapIterationStarted","state":"M","index":1,"input":2},
{"id":8,"previous":7,"time":1795393277392110,"scope":2,"type":"TaskStateEntered","state":"A","input":2},
{"id":9,"previous":8,"time":1795393277392110,"scope":2,"type":"ActivityScheduled","task":2,"integration":"activity","resource":"arn:aws:states:us-east-1:000000000000:activity:work","region":"us-east-1","secret":"fb69ee3a532b97226ae3a6a8af90fe6a","activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","activity":"work","parameters":2,"attempt":0}]');
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_at','2026-11-22T18:15:25.586Z');
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
INSERT INTO "revisions" VALUES(1,'',1,'arn:aws:iam::000000000000:role/baton',1795371326076534,'{
  "Comment": "Onboards a user through four services. What was done is undone, last step first, if a later step fails for good.",
  "StartAt": "CreateUser",
  "States": {
    "CreateUser": {
      "Comment": "A time-out leaves open whether the work was done, so that the step itself is undone then.",
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:auth-create-user",
      "Parameters": {"userId.$": "$.user.userId", "email.$": "$.user.email", "name.$": "$.user.name"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.auth",
      "Retry": [
        {
          "ErrorEquals": ["Auth.Unavailable", "States.Timeout", "States.HeartbeatTimeout"],
          "IntervalSeconds": 1,
          "MaxAttempts": 3,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30
        }
      ],
      "Catch": [
        {
          "ErrorEquals": ["States.Timeout", "States.HeartbeatTimeout"],
          "ResultPath": "$.failure",
          "Next": "DeleteUser"
        },
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "OnboardingFailed"}
      ],
      "Next": "CreateCustomer"
    },
    "CreateCustomer": {
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:billing-create-customer",
      "Parameters": {"userId.$": "$.user.userId", "email.$": "$.user.email", "plan.$": "$.user.plan"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.billing",
      "Retry": [
        {
          "ErrorEquals": ["Billing.Unavailable", "States.Timeout", "States.HeartbeatTimeout"],
          "IntervalSeconds": 1,
          "MaxAttempts": 3,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30
        }
      ],
      "Catch": [
        {
          "ErrorEquals": ["States.Timeout", "States.HeartbeatTimeout"],
          "ResultPath": "$.failure",
          "Next": "DeleteCustomer"
        },
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "DeleteUser"}
      ],
      "Next": "InitTracking"
    },
    "InitTracking": {
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:analytics-init-tracking",
      "Parameters": {"userId.$": "$.user.userId"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.analytics",
      "Retry": [
        {
          "ErrorEquals": ["Analytics.Unavailable", "States.Timeout", "States.HeartbeatTimeout"],
          "IntervalSeconds": 1,
          "MaxAttempts": 3,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30
        }
      ],
      "Catch": [
        {
          "ErrorEquals": ["States.Timeout", "States.HeartbeatTimeout"],
          "ResultPath": "$.failure",
          "Next": "DeleteTracking"
        },
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "DeleteCustomer"}
      ],
      "Next": "SendWelcome"
    },
    "SendWelcome": {
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:email-send-welcome",
      "Parameters": {"userId.$": "$.user.userId", "email.$": "$.user.email", "name.$": "$.user.name"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.email",
      "Retry": [
        {
          "ErrorEquals": [
            "Email.ServerUnavailable",
            "Email.Deferred",
            "States.Timeout",
            "States.HeartbeatTimeout"
          ],
          "IntervalSeconds": 1,
          "MaxAttempts": 3,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30
        }
      ],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "DeleteTracking"}],
      "End": true
    },
    "DeleteTracking": {
      "Comment": "The way back: each step leads to the undoing of the one before it.",
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:analytics-delete-tracking",
      "Parameters": {"userId.$": "$.user.userId"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.undone.analytics",
      "Retry": [
        {
          "ErrorEquals": ["States.ALL"],
          "IntervalSeconds": 1,
          "MaxAttempts": 10,
          "BackoffRate": 2,
          "MaxDelaySeconds": 60
        }
      ],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.rollbackFailure", "Next": "RollbackFailed"}],
      "Next": "DeleteCustomer"
    },
    "DeleteCustomer": {
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:billing-delete-customer",
      "Parameters": {"userId.$": "$.user.userId"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.undone.billing",
      "Retry": [
        {
          "ErrorEquals": ["States.ALL"],
          "IntervalSeconds": 1,
          "MaxAttempts": 10,
          "BackoffRate": 2,
          "MaxDelaySeconds": 60
        }
      ],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.rollbackFailure", "Next": "RollbackFailed"}],
      "Next": "DeleteUser"
    },
    "DeleteUser": {
      "Type": "Task",
      "Resource": "arn:aws:states:us-east-1:000000000000:activity:auth-delete-user",
      "Parameters": {"userId.$": "$.user.userId"},
      "TimeoutSeconds": 60,
      "HeartbeatSeconds": 20,
      "ResultPath": "$.undone.auth",
      "Retry": [
        {
          "ErrorEquals": ["States.ALL"],
          "IntervalSeconds": 1,
          "MaxAttempts": 10,
          "BackoffRate": 2,
          "MaxDelaySeconds": 60
        }
      ],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.rollbackFailure", "Next": "RollbackFailed"}],
      "Next": "OnboardingFailed"
    },
    "OnboardingFailed": {
      "Type": "Fail",
      "Error": "OnboardingFailed",
      "CausePath": "States.Format(''Onboarding of {} failed and nothing of it is left: {}'', $.user.userId, States.JsonToString($.failure))"
    },
    "RollbackFailed": {
      "Comment": "Somebody has to look at this one.",
      "Type": "Fail",
      "Error": "RollbackFailed",
      "CausePath": "States.Format(''Onboarding of {} failed: {}. Undoing it failed too: {}'', $.user.userId, States.JsonToString($.failure), States.JsonToString($.rollbackFailure))"
    }
  }
}
');
INSERT INTO "revisions" VALUES(101,'',101,'arn:aws:iam::000000000000:role/r',1795393276983205,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "TimeoutSeconds": 3600000, "HeartbeatSeconds": 1800000, "ResultPath": "$.a", "Next": "B"}, "B": {"Type": "Pass", "Result": 1, "ResultPath": "$.b", "End": true}}}');
INSERT INTO "revisions" VALUES(102,'',102,'arn:aws:iam::000000000000:role/r',1795393277006543,'{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "Next": "A"}, "A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}');
INSERT INTO "revisions" VALUES(103,'',103,'arn:aws:iam::000000000000:role/r',1795393277034519,'{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": true}}}], "End": true}}}');
INSERT INTO "revisions" VALUES(104,'',104,'arn:aws:iam::000000000000:role/r',1795393277058497,'{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "Iterator": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "End": true}}}, "End": true}}}');
INSERT INTO "revisions" VALUES(105,'',105,'arn:aws:iam::000000000000:role/r',1795393277083508,'{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 3600, "MaxAttempts": 2, "BackoffRate": 1}], "End": true}}}');
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
INSERT INTO "state_machines" VALUES(1,'arn:aws:states:us-east-1:000000000000:stateMachine:onboarding','onboarding','STANDARD','ACTIVE',1795371326076534,1,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"tags":[]}');
INSERT INTO "state_machines" VALUES(101,'arn:aws:states:us-east-1:000000000000:stateMachine:task','task','STANDARD','ACTIVE',1795393276983205,101,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(102,'arn:aws:states:us-east-1:000000000000:stateMachine:wait','wait','STANDARD','ACTIVE',1795393277006543,102,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(103,'arn:aws:states:us-east-1:000000000000:stateMachine:parallel','parallel','STANDARD','ACTIVE',1795393277034519,103,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(104,'arn:aws:states:us-east-1:000000000000:stateMachine:map','map','STANDARD','ACTIVE',1795393277058497,104,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
INSERT INTO "state_machines" VALUES(105,'arn:aws:states:us-east-1:000000000000:stateMachine:retry','retry','STANDARD','ACTIVE',1795393277083508,105,'{"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"tags":[]}');
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
INSERT INTO "tasks" VALUES(1,1,2,'published','billing-create-customer','arn:aws:states:us-east-1:000000000000:activity:billing-create-customer','0.1.2.9e44b70d9095502ac90033cf86cad301','CreateCustomer',0,1795371326285606,60,20,NULL,'{"userId":"ada","email":"ada@example.com","plan":"pro"}');
INSERT INTO "tasks" VALUES(1005,5,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.5.1.576172331a0b70350083bf83dbd9c58c','A',0,1795393277333892,3600000,1800000,NULL,'{"n":2}');
INSERT INTO "tasks" VALUES(1006,7,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.7.1.7716088d7fe824570dd53eb40b54c688','A',0,1795393277365032,NULL,NULL,NULL,'{"n":4}');
INSERT INTO "tasks" VALUES(1007,8,1,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.1.bc9a23c78433a778b27e9cab0ecb4b77','A',0,1795393277392110,NULL,NULL,NULL,'1');
INSERT INTO "tasks" VALUES(1008,8,2,'published','work','arn:aws:states:us-east-1:000000000000:activity:work','0.8.2.fb69ee3a532b97226ae3a6a8af90fe6a','A',0,1795393277392110,NULL,NULL,NULL,'2');
CREATE TABLE timers (
    execution INTEGER NOT NULL REFERENCES executions (key),
    timer INTEGER NOT NULL,
    due INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    interval_seconds REAL NOT NULL,
    PRIMARY KEY (execution, timer)
) STRICT, WITHOUT ROWID;
INSERT INTO "timers" VALUES(1,3,1795371386285606,'taskTimeout',60.0);
INSERT INTO "timers" VALUES(2,5,1795371327471563,'retry',1.0);
INSERT INTO "timers" VALUES(5,1,1798993277333892,'taskTimeout',3600000.0);
INSERT INTO "timers" VALUES(6,1,1795396877346253,'wait',3600.0);
INSERT INTO "timers" VALUES(7,1,1795400477365032,'wait',7200.0);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('revisions',105);
INSERT INTO "sqlite_sequence" VALUES('executions',8);
COMMIT;
