"""OpenAI's protocol: chats rebuilt from their messages, answers with annotations."""
