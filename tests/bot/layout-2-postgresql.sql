CREATE TABLE public.conversations (
    session character varying(128) NOT NULL,
    used bigint NOT NULL,
    turn text NOT NULL
);
CREATE TABLE public.exchanges (
    id bigint NOT NULL,
    session character varying(128) NOT NULL,
    at bigint NOT NULL,
    bytes integer NOT NULL,
    answer text NOT NULL
);
CREATE SEQUENCE public.exchanges_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.exchanges_id_seq OWNED BY public.exchanges.id;
CREATE TABLE public.feedback (
    id bigint NOT NULL,
    session character varying(128) NOT NULL,
    exchange character varying(64) NOT NULL,
    voted boolean NOT NULL,
    kind character varying(16) NOT NULL,
    at bigint NOT NULL,
    drafted bigint,
    comment text NOT NULL,
    turns text NOT NULL,
    answer text NOT NULL
);
CREATE SEQUENCE public.feedback_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.feedback_id_seq OWNED BY public.feedback.id;
CREATE TABLE public.groundrule_layout (
    id integer NOT NULL,
    version integer NOT NULL
);
CREATE SEQUENCE public.groundrule_layout_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.groundrule_layout_id_seq OWNED BY public.groundrule_layout.id;
ALTER TABLE ONLY public.exchanges ALTER COLUMN id SET DEFAULT nextval('public.exchanges_id_seq'::regclass);
ALTER TABLE ONLY public.feedback ALTER COLUMN id SET DEFAULT nextval('public.feedback_id_seq'::regclass);
ALTER TABLE ONLY public.groundrule_layout ALTER COLUMN id SET DEFAULT nextval('public.groundrule_layout_id_seq'::regclass);
INSERT INTO public.conversations VALUES ('plan', 1800000000011999, '{"version":1,"turn":{"question":"What of the second one, für uns?","intent":"pros_cons","wanted":["con","pro"],"options":["factory","federated"],"discussed":[],"sources":["ordax-2024"],"terms":["hybrid"],"cited":["ordax-2024#3"],"profile":{"facts":{"stage":{"criterion":"stage","level":"late","said":"60 models, ''roughly''","how":"number","rough":true,"value":60.0}},"present":{"operating-structure":["centralised","one team does it all"]},"asked":"stage","last_number":"stage","decision":"operating-structure","skipped":["budget"]}}}');
INSERT INTO public.conversations VALUES ('other', 1800000000013999, '{"version":1,"turn":{"question":"and?","intent":null,"wanted":[],"options":[],"discussed":[],"sources":[],"terms":[],"cited":[],"profile":{"facts":{},"present":{},"asked":null,"last_number":null,"decision":null,"skipped":[]}}}');
INSERT INTO public.exchanges VALUES (1, 'plan', 1777863721000000, 39, '{"question":"first?","answer":"ééé"}');
INSERT INTO public.exchanges VALUES (2, 'plan', 1777863721000000, 43, '{"question":"second? → 😀","answer":""}');
INSERT INTO public.feedback VALUES (1, 'plan', '21914b572f69cb9824aaeea4393a93f0d649882170cce882a9c52ea3f4bdb7ea', true, 'down', 1800000000014999, NULL, 'it''s; wrong', '["first?", "second? → 😀"]', '{"question":"second? → 😀","answer":""}');
INSERT INTO public.groundrule_layout VALUES (1, 2);
SELECT pg_catalog.setval('public.exchanges_id_seq', 2, true);
SELECT pg_catalog.setval('public.feedback_id_seq', 1, true);
SELECT pg_catalog.setval('public.groundrule_layout_id_seq', 1, false);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (session);
ALTER TABLE ONLY public.exchanges
    ADD CONSTRAINT exchanges_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_exchange_voted_key UNIQUE (exchange, voted);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.groundrule_layout
    ADD CONSTRAINT groundrule_layout_pkey PRIMARY KEY (id);
CREATE INDEX exchanges_of_session ON public.exchanges USING btree (session, id);
CREATE INDEX ix_conversations_used ON public.conversations USING btree (used);
CREATE INDEX ix_feedback_at ON public.feedback USING btree (at);
CREATE INDEX ix_feedback_session ON public.feedback USING btree (session);
ALTER TABLE ONLY public.exchanges
    ADD CONSTRAINT exchanges_session_fkey FOREIGN KEY (session) REFERENCES public.conversations(session) ON DELETE CASCADE;
