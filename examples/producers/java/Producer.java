import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends a question as Avro and its answer as JSON: Producer.java BROKERS TOPIC PROJECT, beside schemas/. */
public class Producer {
    /** Of schemas/avro/message.avsc, in schemas/ids.json: an id means the same schema for ever. */
    private static final int MESSAGE_ID = 2_000_000_002;

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 3) {
            System.err.println("usage: Producer.java BROKERS TOPIC PROJECT");
            System.exit(2);
        }
        String topic = arguments[1], project = arguments[2];
        Properties config = new Properties();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        // Idempotence and acks=all are this client's defaults; said aloud, since nothing may turn them off.
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        // No partitioner is set: the default hashes the key with murmur2, which keeps a conversation in one partition.

        String conversation = UUID.randomUUID().toString(), asked = UUID.randomUUID().toString();
        String key = project + "/" + conversation;
        boolean failed = false;
        // close(), at the end of this block, sends what is still waiting.
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            sent.add(producer.send(new ProducerRecord<>(topic, key, question(project, conversation, asked))));
            sent.add(producer.send(new ProducerRecord<>(topic, key, answer(project, conversation, asked))));
            producer.flush();
            for (Future<RecordMetadata> delivery : sent) {
                try {
                    delivery.get();
                } catch (ExecutionException error) {
                    System.err.println(key + ": " + error.getCause());
                    failed = true;
                }
            }
        }
        System.exit(failed ? 1 : 0);
    }

    private static byte[] question(String project, String conversation, String messageId) throws IOException {
        Schema schema = new Schema.Parser().parse(Path.of("schemas/avro/message.avsc").toFile());
        Schema type = schema.getField("data").schema().getTypes().stream()
            .filter(branch -> branch.getName().equals("MessageCreated")).findFirst().orElseThrow();
        Instant now = Instant.now();
        // The builders put defaults into the fields that are left out.
        GenericRecord event = new GenericRecordBuilder(schema)
            // An id of the event, the same whenever it is sent again: it is counted once.
            .set("event_id", UUID.randomUUID().toString())
            .set("timestamp", now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000)
            .set("project_id", project)
            .set("conversation_id", conversation)
            .set("user_id", "customer-1")
            .set("channel", "web")
            .set("data", new GenericRecordBuilder(type)
                .set("message_id", messageId).set("role", "user").set("text", "Where is my order?").build())
            .build();
        var out = new ByteArrayOutputStream();
        // Confluent framing: a zero byte and the schema's id, big-endian; then the body.
        var framing = new DataOutputStream(out);
        framing.writeByte(0);
        framing.writeInt(MESSAGE_ID);
        var encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(event, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private static byte[] answer(String project, String conversation, String asked) {
        // Any JSON library will do; texts that you do not know need its escapes.
        return """
            {"event_id": "%s", "event": "message.created", "timestamp": "%s", "project_id": "%s",
             "conversation_id": "%s", "user_id": "customer-1", "channel": "web",
             "data": {"message_id": "%s", "role": "bot", "text": "On its way.", "reply_to": "%s"}}
            """.formatted(UUID.randomUUID(), Instant.now(), project, conversation, UUID.randomUUID(), asked)
            .getBytes(StandardCharsets.UTF_8);
    }
}
