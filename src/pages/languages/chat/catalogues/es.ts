import type { ChatCatalogue } from '../../catalogue.js'

export default {
  'chat.title': 'Chat de soporte',
  'chat.signInHint': 'Inicia sesión con el token de tu tienda.',
  'chat.invalidToken': 'Este token no es válido para una tienda, o ya no lo es.',
  'chat.unavailable': 'El chat no está disponible: vuelve a iniciar sesión.',
  'chat.support': 'Soporte',
  'chat.soon': 'Enseguida te atendemos',
  'chat.idle': 'Estamos aquí para ayudarte',
  'chat.online': 'En línea ahora',
  'chat.away': 'Ausente; leeremos tus mensajes más tarde',
  'chat.welcome': '¿En qué podemos ayudarte?',
  'chat.moment': 'Un momento…',
  'chat.welcomeText': 'Escríbenos aquí. Puedes irte y volver: no se pierde nada.',
  'chat.write': 'Escribe un mensaje',
  'chat.ended': 'Esta conversación ha terminado. Tu próximo mensaje iniciará una nueva.',
  'chat.close': 'Cerrar el chat',
  'chat.end': 'Finalizar',
  'chat.endTitle': '¿Finalizar esta conversación?',
  'chat.endText': 'Soporte verá que ha terminado. Puedes iniciar otra cuando quieras.',
  'chat.endAction': 'Finalizar conversación',

  'rating.question': '¿Qué tal fue esta conversación?',
  'rating.comment': '¿Algo que añadir?',
  'rating.send': 'Enviar valoración',
  'rating.thanks': 'Gracias: {score} de 5.',
  'rating.change': 'Cambiar',
  'transcript.save': 'Guardar la conversación en un archivo',

  'launcher.open': 'Abrir el chat de soporte',
  'launcher.openUnread': {
    one: 'Abrir el chat de soporte, {count} mensaje sin leer',
    many: 'Abrir el chat de soporte, {count} mensajes sin leer',
    other: 'Abrir el chat de soporte, {count} mensajes sin leer',
  },
  'launcher.close': 'Cerrar el chat de soporte',
} satisfies ChatCatalogue<'one' | 'many' | 'other'>
