//! What is done with stored sound: [level], archive, WAV.
