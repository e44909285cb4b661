BEGIN TRANSACTION;
CREATE TABLE conversations (
	session VARCHAR(128) NOT NULL, 
	used BIGINT NOT NULL, 
	turn TEXT NOT NULL, 
	PRIMARY KEY (session)
);
INSERT INTO "conversations" VALUES('plan',1800000000004000,'{"version":1,"turn":{"question":"What of the second one, für uns?","intent":"pros_cons","wanted":["con","pro"],"options":["factory","federated"],"discussed":[],"sources":["ordax-2024"],"terms":["hybrid"],"cited":["ordax-2024#3"],"profile":{"facts":{"stage":{"criterion":"stage","level":"late","said":"60 models, ''roughly''","how":"number","rough":true,"value":60.0}},"present":{"operating-structure":["centralised","one team does it all"]},"asked":"stage","last_number":"stage","decision":"operating-structure","skipped":["budget"]}}}');
INSERT INTO "conversations" VALUES('other',1800000000006000,'{"version":1,"turn":{"question":"and?","intent":null,"wanted":[],"options":[],"discussed":[],"sources":[],"terms":[],"cited":[],"profile":{"facts":{},"present":{},"asked":null,"last_number":null,"decision":null,"skipped":[]}}}');
CREATE TABLE exchanges (
	id INTEGER NOT NULL, 
	session VARCHAR(128) NOT NULL, 
	at BIGINT NOT NULL, 
	bytes INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session) REFERENCES conversations (session) ON DELETE CASCADE
);
INSERT INTO "exchanges" VALUES(1,'plan',1777863721000000,39,'{"question":"first?","answer":"ééé"}');
INSERT INTO "exchanges" VALUES(2,'plan',1777863721000000,43,'{"question":"second? → 😀","answer":""}');
CREATE TABLE feedback (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	session VARCHAR(128) NOT NULL, 
	exchange VARCHAR(64) NOT NULL, 
	voted BOOLEAN NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	at BIGINT NOT NULL, 
	drafted BIGINT, 
	comment TEXT NOT NULL, 
	turns TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	UNIQUE (exchange, voted)
);
INSERT INTO "feedback" VALUES(1,'plan','21914b572f69cb9824aaeea4393a93f0d649882170cce882a9c52ea3f4bdb7ea',1,'down',1800000000006999,NULL,'it''s; wrong','["first?", "second? → 😀"]','{"question":"second? → 😀","answer":""}');
CREATE TABLE groundrule_layout (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "groundrule_layout" VALUES(1,2);
CREATE INDEX ix_conversations_used ON conversations (used);
CREATE INDEX ix_feedback_session ON feedback (session);
CREATE INDEX ix_feedback_at ON feedback (at);
CREATE INDEX exchanges_of_session ON exchanges (session, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('feedback',1);
COMMIT;
